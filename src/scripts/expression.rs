//! Conditions and values in CEL, as Kubernetes and Tekton write them: parsed once, bounded
//! in size, and evaluated over plain JSON. Nothing in them has an effect.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::parser::Parser;
use cel::{Context, ParseErrors};
use serde_json::Value;

/// Characters of an expression at most: its parser and its evaluation recurse.
const LENGTH: usize = 500;
/// Brackets that may be open at one place.
const DEPTH: usize = 16;
/// Signs of operators at most, those in quotes as well: each may be a level of recursion.
const SIGNS: usize = 64;
/// Stack on which an expression is read and evaluated, in bytes. The parser takes some 40 kB
/// a level where it is not optimised, and cannot be told to stop.
const STACK: usize = 16 << 20;
/// Macros such as `exists` and `map` at most; none inside another.
const MACROS: usize = 3;

/// What an expression may speak of, by name.
pub type Scope = BTreeMap<String, Value>;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// What.
    pub message: String,
    /// Which character of the text it is at, from 0.
    pub offset: usize,
}

impl Bad {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: 0 }
    }
}

/// An expression that can be evaluated.
#[derive(Debug)]
pub struct Expression {
    source: String,
    parsed: IdedExpr,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is none, or larger than it may be.
    pub fn parse(source: &str) -> Result<Self, Bad> {
        if source.chars().count() > LENGTH {
            return Err(Bad::new(format!("an expression has at most {LENGTH} characters")));
        }
        if nesting(source) > DEPTH {
            return Err(Bad::new(format!("brackets stand at most {DEPTH} deep")));
        }
        if source.chars().filter(|c| "!-+*/%?.<>=&|[({".contains(*c)).count() > SIGNS {
            return Err(Bad::new(format!("an expression has at most {SIGNS} signs of operators")));
        }
        let parse = || Parser::new().parse(source).map_err(bad);
        let parsed = on_a_large_stack(parse).unwrap_or_else(|| Err(Bad::new("the expression cannot be read")))?;
        let mut macros = 0;
        if !is_flat(&parsed, false, &mut macros) {
            return Err(Bad::new("one macro (all, exists, filter, map) inside another is not allowed"));
        }
        if macros > MACROS {
            return Err(Bad::new(format!("an expression has at most {MACROS} macros (all, exists, filter, map)")));
        }
        Ok(Self { source: source.to_owned(), parsed })
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The variables that it speaks of, in the order of their names.
    pub fn variables(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        variables(&self.parsed, &mut Vec::new(), &mut found);
        found.into_iter().collect()
    }

    /// The fields of a variable that it names: `node` of `inputs.node`.
    pub fn fields_of(&self, variable: &str) -> Vec<String> {
        let mut found = Vec::new();
        fields(&self.parsed, variable, &mut found);
        found
    }

    /// Its value.
    ///
    /// # Errors
    /// When it has none: something that it speaks of is not known, or of another type.
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, String> {
        let evaluate = || {
            let mut context = Context::default();
            for (name, value) in scope {
                context.add_variable_from_value(name.as_str(), cel_value(value));
            }
            let found = context.resolve(&self.parsed).map_err(|error| short(&error.to_string()))?;
            found.json().map_err(|_| "gives a value that is not JSON".to_owned())
        };
        on_a_large_stack(evaluate).unwrap_or_else(|| Err("cannot be evaluated".to_owned()))
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// When that cannot be told, or it is no condition.
    pub fn holds(&self, scope: &Scope) -> Result<bool, String> {
        match self.evaluate(scope)? {
            Value::Bool(holds) => Ok(holds),
            _ => Err("gives neither true nor false".to_owned()),
        }
    }
}

/// A text that may hold expressions: `${{ … }}`.
#[derive(Debug)]
pub struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Expression(Expression),
}

impl Template {
    const OPEN: &'static str = "${{";
    const CLOSE: &'static str = "}}";

    /// Reads a text.
    ///
    /// # Errors
    /// When an expression in it is not closed, or is none.
    pub fn parse(text: &str) -> Result<Self, Bad> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(Self::OPEN) {
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
            }
            let inside = &rest[at + Self::OPEN.len()..];
            let offset = text.len() - inside.len();
            let Some(end) = inside.find(Self::CLOSE) else {
                return Err(Bad { message: "`${{` without `}}`".to_owned(), offset: at });
            };
            let source = &inside[..end];
            let blanks = source.len() - source.trim_start().len();
            let expression =
                Expression::parse(source.trim()).map_err(|bad| Bad { offset: bad.offset + offset + blanks, ..bad })?;
            pieces.push(Piece::Expression(expression));
            rest = &inside[end + Self::CLOSE.len()..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The expressions in it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Expression(expression) => Some(expression),
        })
    }

    /// Its text without expressions; absent where it has some.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Its value: of one expression alone the value of that, else a text.
    ///
    /// # Errors
    /// When an expression has no value, or none that can stand in a text.
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, String> {
        if let [Piece::Expression(only)] = self.0.as_slice() {
            return only.evaluate(scope).map_err(|error| format!("{}: {error}", only.source));
        }
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Expression(expression) => {
                    let trouble = |error: String| format!("{}: {error}", expression.source);
                    match expression.evaluate(scope).map_err(trouble)? {
                        Value::String(piece) => text.push_str(&piece),
                        value @ (Value::Number(_) | Value::Bool(_)) => text.push_str(&value.to_string()),
                        _ => return Err(trouble("gives neither a text nor a number".to_owned())),
                    }
                }
            }
        }
        Ok(Value::from(text))
    }
}

/// Does something on a stack of its own; `None` where none is to be had.
fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()?;
        thread.join().ok()
    })
}

/// What the parser says of an expression that is none.
fn bad(errors: ParseErrors) -> Bad {
    let first = errors.errors.first();
    let column = first.map_or(0, |error| error.pos.1);
    let message = first.map_or_else(|| "is not a CEL expression".to_owned(), |error| words(&error.msg));
    Bad { message, offset: usize::try_from(column).unwrap_or_default().saturating_sub(1) }
}

/// How deep brackets stand in a text, those in quotes as well.
fn nesting(text: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => {
                now += 1;
                most = most.max(now);
            }
            ')' | ']' | '}' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Whether no macro stands inside another; counts them.
fn is_flat(expression: &IdedExpr, is_inside: bool, macros: &mut usize) -> bool {
    match &expression.expr {
        // Messages have no meaning over JSON.
        Expr::Struct(_) => false,
        Expr::Comprehension(one) => {
            *macros += 1;
            let inner = [&one.accu_init, &one.loop_cond, &one.loop_step, &one.result];
            !is_inside
                && is_flat(&one.iter_range, is_inside, macros)
                && inner.iter().all(|part| is_flat(part, true, macros))
        }
        _ => parts(expression).iter().all(|part| is_flat(part, is_inside, macros)),
    }
}

/// The parts of an expression.
fn parts(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => Vec::new(),
        Expr::Call(call) => call.target.iter().map(|target| &**target).chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&*select.operand],
        Expr::Map(map) => map
            .entries
            .iter()
            .flat_map(|entry| match &entry.expr {
                EntryExpr::StructField(field) => vec![&field.value],
                EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
            })
            .collect(),
        Expr::Comprehension(one) => {
            vec![&one.iter_range, &one.accu_init, &one.loop_cond, &one.loop_step, &one.result]
        }
    }
}

/// The variables that nothing in the expression binds; `bound` are those of the macros
/// around it.
fn variables<'e>(expression: &'e IdedExpr, bound: &mut Vec<&'e str>, found: &mut BTreeSet<String>) {
    match &expression.expr {
        Expr::Ident(name) if !bound.contains(&name.as_str()) => {
            found.insert(name.clone());
        }
        Expr::Comprehension(one) => {
            variables(&one.iter_range, bound, found);
            let before = bound.len();
            bound.extend([one.iter_var.as_str(), one.accu_var.as_str()]);
            bound.extend(one.iter_var2.as_deref());
            for part in [&one.accu_init, &one.loop_cond, &one.loop_step, &one.result] {
                variables(part, bound, found);
            }
            bound.truncate(before);
        }
        _ => {
            for part in parts(expression) {
                variables(part, bound, found);
            }
        }
    }
}

fn fields(expression: &IdedExpr, variable: &str, found: &mut Vec<String>) {
    if let Expr::Select(select) = &expression.expr
        && matches!(&select.operand.expr, Expr::Ident(name) if name == variable)
    {
        found.push(select.field.clone());
    }
    for part in parts(expression) {
        fields(part, variable, found);
    }
}

/// JSON as CEL has it: whole numbers are of one type.
fn cel_value(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(flag) => cel::Value::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => cel::Value::Int(whole),
            None => cel::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => cel::Value::from(text.as_str()),
        Value::Array(items) => cel::Value::from(items.iter().map(cel_value).collect::<Vec<_>>()),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), cel_value(value)));
            cel::Value::from(fields.collect::<HashMap<String, cel::Value>>())
        }
    }
}

/// The parser's words, without its list of all tokens.
fn words(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" expecting ").next().unwrap_or(line);
    format!("is not a CEL expression: {}", short(line))
}

/// A message of at most one line.
fn short(message: &str) -> String {
    const MOST: usize = 160;
    let line = message.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    format!("{}…", line.chars().take(MOST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope::new();
        scope.insert("run".to_owned(), json!({ "name": "r", "age": 90, "spec": { "a": [1, 2] } }));
        scope.insert("findings".to_owned(), json!([{ "code": "TKF101" }, { "code": "TKF105" }]));
        scope.insert("inputs".to_owned(), json!({ "node": "worker", "count": 3 }));
        scope
    }

    fn value(source: &str) -> Result<Value, String> {
        Expression::parse(source).unwrap_or_else(|bad| panic!("{source}: {bad:?}")).evaluate(&scope())
    }

    #[test]
    fn expressions_are_evaluated_over_json() {
        assert_eq!(value("run.age > 60 && run.name == 'r'"), Ok(json!(true)));
        assert_eq!(value("findings.exists(f, f.code == 'TKF105')"), Ok(json!(true)));
        assert_eq!(value("findings.map(f, f.code)"), Ok(json!(["TKF101", "TKF105"])));
        assert_eq!(value("has(run.state)"), Ok(json!(false)));
        assert_eq!(value("size(run.spec.a) + 1"), Ok(json!(3)));
        assert_eq!(value("run.name.startsWith('r') ? 'yes' : 'no'"), Ok(json!("yes")));
    }

    #[test]
    fn what_is_not_known_is_no_false() {
        assert!(value("run.state == 'stuck'").is_err());
        assert!(value("nodes.size() > 0").is_err());
        assert!(Expression::parse("run.name").unwrap().holds(&scope()).is_err());
        // What decides alone, decides.
        assert_eq!(value("run.age > 60 || run.state == 'stuck'"), Ok(json!(true)));
    }

    #[test]
    fn variables_are_those_of_the_text() {
        let variables = |source: &str| Expression::parse(source).unwrap().variables();
        assert_eq!(variables("run.a == inputs.b"), ["inputs", "run"]);
        let fields = |source: &str| Expression::parse(source).unwrap().fields_of("inputs");
        assert_eq!(fields("has(inputs.a) && [1].exists(x, x == inputs.b.c)"), ["a", "b"]);
        assert_eq!(variables("findings.exists(f, f.code == run.x)"), ["findings", "run"]);
        assert_eq!(variables("plans.filter(p, !p.manual).map(p, p.id)"), ["plans"]);
    }

    #[test]
    fn templates_keep_the_type_of_one_expression() {
        let value = |text: &str| Template::parse(text).unwrap().evaluate(&scope());
        assert_eq!(value("plain"), Ok(json!("plain")));
        assert_eq!(value("${{ inputs.count }}"), Ok(json!(3)));
        assert_eq!(value("node ${{ inputs.node }} of ${{ inputs.count }}"), Ok(json!("node worker of 3")));
        assert!(value("a ${{ findings }}").is_err());
        assert!(Template::parse("a ${{ b").is_err());
        // A shell is nowhere; its signs are signs.
        assert_eq!(value("$(rm -rf /) `x`"), Ok(json!("$(rm -rf /) `x`")));
    }

    #[test]
    fn errors_are_told_where_they_stand() {
        let bad = Expression::parse("run.name == ").unwrap_err();
        assert!(bad.message.starts_with("is not a CEL expression"), "{bad:?}");
        assert!(Template::parse("ab ${{ 1 + }}").unwrap_err().offset >= 7);
    }

    #[test]
    fn expressions_are_bounded() {
        let many = |part: &str, count: usize| part.repeat(count);
        for source in [
            "a".repeat(501),
            format!("{}1{}", many("(", 17), many(")", 17)),
            "[1].map(x, [1].map(y, x + y))".to_owned(),
            "[1].map(x, x).map(x, x).map(x, x).map(x, x)".to_owned(),
            "[1].all(x, [1].exists(y, x == y))".to_owned(),
        ] {
            assert!(Expression::parse(&source).is_err(), "{source}");
        }
        // What is allowed does not overflow the stack, whatever it is.
        let chain = |part: &str| format!("1{}", many(part, 64));
        for source in [many("!", 64), many("-", 64), chain("+1"), chain(".a"), chain("?1:1"), chain("[0]")] {
            let _ = Expression::parse(&source).map(|parsed| parsed.evaluate(&scope()));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
        #[test]
        fn any_text_is_read_or_refused(text in "[-a-z0-9.()\\[\\]{}'\"!&|=<>+*/%?:, ]{0,40}") {
            let _ = Expression::parse(&text).map(|parsed| parsed.evaluate(&scope()));
            let _ = Template::parse(&text);
        }

        #[test]
        fn any_characters_are_read_or_refused(text in proptest::prelude::any::<String>()) {
            let _ = Expression::parse(&text).map(|parsed| parsed.evaluate(&scope()));
            let _ = Template::parse(&text);
        }
    }
}
