//! What Ctrl-C may cut short. A command that has made something on a cluster holds
//! the interrupt until it has taken it away again.

use std::sync::atomic::{AtomicUsize, Ordering};

static HOLDERS: AtomicUsize = AtomicUsize::new(0);

/// While it lives, the first Ctrl-C does not end the program: the holder sees to it.
#[derive(Debug)]
pub struct Hold(());

/// Takes hold of the interrupt.
pub fn hold() -> Hold {
    HOLDERS.fetch_add(1, Ordering::SeqCst);
    Hold(())
}

/// Whether somebody has something to take away first.
pub fn is_held() -> bool {
    HOLDERS.load(Ordering::SeqCst) > 0
}

impl Drop for Hold {
    fn drop(&mut self) {
        HOLDERS.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_hold_ends_with_its_holder() {
        let hold = super::hold();
        assert!(super::is_held());
        drop(hold);
        assert!(!super::is_held());
    }
}
