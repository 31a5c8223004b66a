//! The objects of one kind, shared between a cluster and what-ifs about it.

use std::cmp::Ordering;
use std::sync::Arc;

use super::demand::Unread;

/// A list whose copy costs nothing until it is changed, and then only pointers: a what-if
/// about a cluster with 150,000 pods must not copy one of them.
#[derive(Debug)]
pub struct List<T> {
    objects: Arc<Vec<Arc<T>>>,
    /// In the order of [`sort`](Self::sort), so that an object is found by halving.
    is_sorted: bool,
    /// What was not read of it, and could be: whoever looks for that is noted.
    unread: Option<Unread>,
}

/// An iterator over a list.
pub type Iter<'a, T> = std::iter::Map<std::slice::Iter<'a, Arc<T>>, fn(&'a Arc<T>) -> &'a T>;

/// An iterator that may change what it hands out.
pub type IterMut<'a, T> = std::iter::Map<std::slice::IterMut<'a, Arc<T>>, fn(&'a mut Arc<T>) -> &'a mut T>;

impl<T> List<T> {
    /// The objects in their order.
    pub fn iter(&self) -> Iter<'_, T> {
        self.note();
        self.known()
    }

    /// The objects that were read, whether there are others or not.
    pub fn known(&self) -> Iter<'_, T> {
        self.objects.iter().map(AsRef::as_ref)
    }

    /// The objects that were read, to be shared with another list.
    pub(super) fn shared(&self) -> std::slice::Iter<'_, Arc<T>> {
        self.objects.iter()
    }

    /// The objects, by somebody whom only those of a namespace concern.
    pub(super) fn for_namespace(&self, namespace: &str) -> Iter<'_, T> {
        if let Some(unread) = &self.unread {
            unread.note(namespace);
        }
        self.known()
    }

    /// Somebody looks at the whole list.
    fn note(&self) {
        if let Some(unread) = &self.unread {
            unread.note_all();
        }
    }

    /// Records what of it could still be read.
    pub(super) fn set_unread(&mut self, unread: Option<Unread>) {
        self.unread = unread;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.note();
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.note();
        self.objects.is_empty()
    }

    /// The first object.
    pub fn first(&self) -> Option<&T> {
        self.note();
        self.objects.first().map(AsRef::as_ref)
    }

    /// The object at a position.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.objects.get(at).map(AsRef::as_ref)
    }

    /// Adds an object at the end.
    pub fn push(&mut self, object: T) {
        self.is_sorted = false;
        Arc::make_mut(&mut self.objects).push(Arc::new(object));
    }

    /// Adds objects at the end.
    pub(crate) fn append(&mut self, mut objects: Vec<Arc<T>>) {
        self.is_sorted = false;
        Arc::make_mut(&mut self.objects).append(&mut objects);
    }

    /// Adds an object at a position.
    ///
    /// # Panics
    /// When the position is beyond the end.
    pub fn insert(&mut self, at: usize, object: T) {
        self.is_sorted = false;
        Arc::make_mut(&mut self.objects).insert(at, Arc::new(object));
    }

    /// Keeps the objects that are wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&T) -> bool) {
        if !self.known().all(&mut wanted) {
            Arc::make_mut(&mut self.objects).retain(|object| wanted(object));
        }
    }

    /// Takes all objects away.
    pub fn clear(&mut self) {
        *self = Self { unread: self.unread.take(), ..Self::default() };
    }

    /// Whether the other list holds the very same objects.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.objects, &other.objects)
    }

    /// Sorts the objects; of two that are equal in that order the newer one is kept.
    pub(crate) fn sort(&mut self, compare: impl Fn(&T, &T) -> Ordering, is_newer: impl Fn(&T, &T) -> bool) {
        if !self.is_sorted {
            let objects = Arc::make_mut(&mut self.objects);
            objects.sort_by(|a, b| compare(a, b));
            objects.dedup_by(|later, kept| {
                let is_same = compare(later, kept).is_eq();
                if is_same && is_newer(later, kept) {
                    std::mem::swap(later, kept);
                }
                is_same
            });
            self.is_sorted = true;
        }
    }

    /// The object that is equal in the order by which the list is sorted. That it is not there
    /// is noted as asked for in its namespace.
    pub(crate) fn find_in(&self, namespace: &str, compare: impl Fn(&T) -> Ordering) -> Option<&T> {
        let found = self.find(compare);
        if let (None, Some(unread)) = (found, &self.unread) {
            unread.note(namespace);
        }
        found
    }

    /// The same, of those that were read.
    pub(super) fn find(&self, compare: impl Fn(&T) -> Ordering) -> Option<&T> {
        if self.is_sorted {
            let at = self.objects.binary_search_by(|object| compare(object)).ok()?;
            return self.get(at);
        }
        self.known().find(|object| compare(object).is_eq())
    }
}

impl<T: Clone> List<T> {
    /// The objects, to be changed: those that are shared are copied one by one as they
    /// are handed out.
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        self.is_sorted = false;
        Arc::make_mut(&mut self.objects).iter_mut().map(Arc::make_mut)
    }

    /// Changes the objects that are meant and copies no other.
    pub fn change(&mut self, is_meant: impl Fn(&T) -> bool, mut change: impl FnMut(&mut T)) {
        if self.known().any(&is_meant) {
            let objects = Arc::make_mut(&mut self.objects).iter_mut().filter(|object| is_meant(object));
            objects.map(Arc::make_mut).for_each(&mut change);
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { objects: Arc::default(), is_sorted: true, unread: None }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self { objects: Arc::clone(&self.objects), is_sorted: self.is_sorted, unread: self.unread.clone() }
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.objects == other.objects
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(objects: I) -> Self {
        let objects = Arc::new(objects.into_iter().map(Arc::new).collect());
        Self { objects, is_sorted: false, unread: None }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(objects: Vec<T>) -> Self {
        objects.into_iter().collect()
    }
}

impl<T> Extend<T> for List<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, objects: I) {
        self.is_sorted = false;
        Arc::make_mut(&mut self.objects).extend(objects.into_iter().map(Arc::new));
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut List<T> {
    type Item = &'a mut T;
    type IntoIter = IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_copy_leaves_the_original_and_shares_what_it_does_not_touch() {
        let original: List<String> = ["a", "b"].map(str::to_owned).into_iter().collect();
        let mut copy = original.clone();
        copy.retain(|_| true);
        assert!(copy.is_same(&original), "nothing was taken away, so nothing is copied");
        copy.change(|text| text == "b", |text| text.push('!'));
        copy.push("c".to_owned());
        assert_eq!(original.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(copy.iter().collect::<Vec<_>>(), ["a", "b!", "c"]);
        assert!(std::ptr::eq(original.first().unwrap(), copy.first().unwrap()));
    }
}
