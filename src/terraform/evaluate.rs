//! Expressions to values.

use std::borrow::Cow;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Expression, ForExpr, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::template::{Element, Template};

use super::module::{Module, entries};
use super::{Owned, at, functions, is_known, member, node, object, text, unresolved};
use crate::source::{FileId, Span};
use crate::syntax::{Map, Member, Value, weight};

/// How deep locals, variables and expressions may refer to each other.
const MAX_REFERENCES: usize = 48;

/// Where the places of a part's expressions count from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    pub(super) offset: usize,
}

impl<'a> Place<'a> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, self.offset + range.start, self.offset + range.end)
    }

    pub(super) fn of(&self, range: Option<Range<usize>>) -> Span {
        range.map_or(Span::new(self.file, self.offset, self.offset), |range| self.span(range))
    }

    pub(super) fn slice(&self, range: Option<Range<usize>>) -> &'a str {
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

/// The names an expression sees beside those of the module: `each`, `count`, variables of `for`.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope<'s> {
    names: Vec<(Cow<'s, str>, Owned)>,
}

impl<'s> Scope<'s> {
    pub(super) fn with(mut self, name: &'s str, value: Owned) -> Self {
        self.names.push((Cow::Borrowed(name), value));
        self
    }

    fn get(&self, name: &str) -> Option<&Owned> {
        self.names.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// An attribute or element that certainly is not there; what `try` and `can` look for.
#[derive(Debug)]
pub(super) struct Missing;

type Evaluated = Result<Owned, Missing>;

impl Module<'_> {
    /// The value of an expression; what fails or is too large is unresolved, as written.
    pub(super) fn value(&self, expression: &Expression, scope: &Scope<'_>, place: Place<'_>) -> Owned {
        let span = place.of(expression.span());
        self.evaluate(expression, scope, place)
            .unwrap_or_else(|Missing| unresolved(place.slice(expression.span()), span))
    }

    pub(super) fn evaluate(&self, expression: &Expression, scope: &Scope<'_>, place: Place<'_>) -> Evaluated {
        let span = place.of(expression.span());
        if self.depth.get() >= MAX_REFERENCES || self.budget.get() == 0 {
            if self.budget.get() == 0 {
                self.cut_at(Span::new(place.file, place.offset, place.offset));
            }
            return Ok(unresolved(place.slice(expression.span()), span));
        }
        self.depth.set(self.depth.get() + 1);
        let value = self.evaluate_inner(expression, scope, place, span);
        self.depth.set(self.depth.get() - 1);
        // A traversal copies what it names, and a call makes something new; containers were charged part by part.
        let makes = matches!(
            expression,
            Expression::Traversal(_)
                | Expression::FuncCall(_)
                | Expression::StringTemplate(_)
                | Expression::String(_)
        );
        if let Ok(value) = value.as_ref()
            && makes
        {
            self.budget.set(self.budget.get().saturating_sub(weight(value)));
        }
        value
    }

    fn evaluate_inner(
        &self,
        expression: &Expression,
        scope: &Scope<'_>,
        place: Place<'_>,
        span: Span,
    ) -> Evaluated {
        let unknown = || unresolved(place.slice(expression.span()), span);
        Ok(match expression {
            Expression::Null(_) => node(Value::Null, span),
            Expression::Bool(bool) => node(Value::Bool(*bool.value()), span),
            Expression::Number(number) => node(Value::Number(Cow::Owned(number.value().to_string())), span),
            Expression::String(string) => text(string.as_str(), span),
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.evaluate(item, scope, place));
                node(Value::List(items.collect::<Result<_, _>>()?), span)
            }
            Expression::Object(members) => {
                let mut found = Vec::new();
                for (key, value) in members {
                    let Some((key, key_span)) = self.key(key, scope, place, span) else {
                        return Ok(unknown());
                    };
                    let mut own = member(&key, self.evaluate(value.expr(), scope, place)?);
                    own.key.span = key_span;
                    found.push(own);
                }
                object(found, span)
            }
            Expression::StringTemplate(template) => {
                let written = || unresolved(place.slice(expression.span()).trim_matches('"'), span);
                self.template(template, scope, place, span, written)?
            }
            Expression::HeredocTemplate(heredoc) => {
                self.template(&heredoc.template, scope, place, span, unknown)?
            }
            Expression::Parenthesis(inner) => self.evaluate(inner.inner(), scope, place)?,
            Expression::Variable(name) => match scope.get(name.as_str()) {
                Some(value) => at(value.clone(), span),
                None => unknown(),
            },
            Expression::Traversal(traversal) => self.traversal(traversal, scope, place, span)?,
            Expression::Conditional(conditional) => {
                match self.evaluate(&conditional.cond_expr, scope, place)?.value {
                    Value::Bool(true) => self.evaluate(&conditional.true_expr, scope, place)?,
                    Value::Bool(false) => self.evaluate(&conditional.false_expr, scope, place)?,
                    _ => self.either(&conditional.true_expr, &conditional.false_expr, scope, place, unknown),
                }
            }
            Expression::UnaryOp(operation) => {
                let value = self.evaluate(&operation.expr, scope, place)?;
                match (operation.operator.value(), &value.value) {
                    (UnaryOperator::Not, Value::Bool(bool)) => node(Value::Bool(!bool), span),
                    (UnaryOperator::Neg, Value::Number(number)) => {
                        node(Value::Number(Cow::Owned(format!("-{number}"))), span)
                    }
                    _ => unknown(),
                }
            }
            Expression::BinaryOp(operation) => {
                self.binary(operation, scope, place, span)?.unwrap_or_else(unknown)
            }
            Expression::FuncCall(call) => {
                functions::call(self, call, scope, place, span)?.unwrap_or_else(unknown)
            }
            Expression::ForExpr(expression) => {
                self.for_each(expression, scope, place, span)?.unwrap_or_else(unknown)
            }
        })
    }

    fn key(
        &self,
        key: &ObjectKey,
        scope: &Scope<'_>,
        place: Place<'_>,
        span: Span,
    ) -> Option<(String, Span)> {
        match key {
            ObjectKey::Ident(ident) => {
                Some((ident.as_str().to_owned(), ident.span().map_or(span, |range| place.span(range))))
            }
            ObjectKey::Expression(expression) => {
                let value = self.evaluate(expression, scope, place).ok()?;
                Some((functions::as_text(&value)?, value.span))
            }
        }
    }

    /// Both branches of a condition that is not known: their value where they agree.
    fn either(
        &self,
        one: &Expression,
        other: &Expression,
        scope: &Scope<'_>,
        place: Place<'_>,
        unknown: impl Fn() -> Owned,
    ) -> Owned {
        let one = self.value(one, scope, place);
        let other = self.value(other, scope, place);
        if is_known(&one) && functions::same(&one, &other) { one } else { unknown() }
    }

    fn template(
        &self,
        template: &Template,
        scope: &Scope<'_>,
        place: Place<'_>,
        span: Span,
        unknown: impl Fn() -> Owned,
    ) -> Evaluated {
        let elements: Vec<_> = template.iter().collect();
        if let [Element::Interpolation(only)] = elements.as_slice() {
            return self.evaluate(&only.expr, scope, place).map(|value| at(value, span));
        }
        let mut whole = String::new();
        for element in elements {
            match element {
                Element::Literal(literal) => whole.push_str(literal),
                Element::Interpolation(part) => {
                    let value = self.evaluate(&part.expr, scope, place)?;
                    match functions::as_text(&value) {
                        Some(text) => whole.push_str(&text),
                        None => return Ok(unknown()),
                    }
                }
                Element::Directive(_) => return Ok(unknown()),
            }
            if whole.len() > functions::MAX_TEXT {
                return Ok(unknown());
            }
        }
        Ok(text(whole, span))
    }

    fn traversal(&self, traversal: &Traversal, scope: &Scope<'_>, place: Place<'_>, span: Span) -> Evaluated {
        let raw = || unresolved(place.slice(traversal.span()), span);
        let mut steps = traversal.operators.iter().map(|operator| operator.value());
        let root = match &traversal.expr {
            Expression::Variable(name) => name.as_str(),
            other => {
                let value = self.evaluate(other, scope, place)?;
                return Ok(at(self.walk(value, steps, scope, place, raw)?, span));
            }
        };
        if let Some(value) = scope.get(root) {
            return Ok(at(self.walk(value.clone(), steps, scope, place, raw)?, span));
        }
        let mut attribute = || match steps.next() {
            Some(TraversalOperator::GetAttr(name)) => Some(name.as_str()),
            _ => None,
        };
        let start = match root {
            "var" => attribute().map(|name| self.variable(name, span)),
            "local" => attribute().map(|name| self.local(name, span)),
            "path" => attribute().map(|_| text(self.files.folder(), span)),
            "module" => match (attribute(), self.outputs.is_empty()) {
                (Some(name), false) => self.outputs.get(name).cloned(),
                _ => None,
            },
            "each" | "count" | "self" | "terraform" => None,
            _ => {
                return Ok(self
                    .reference(traversal, scope, place)
                    .map_or_else(raw, |name| node(Value::Reference(Cow::Owned(name)), span)));
            }
        };
        match start {
            Some(value) => Ok(at(self.walk(value, steps, scope, place, raw)?, span)),
            None if root == "module" => Ok(self
                .reference(traversal, scope, place)
                .map_or_else(raw, |name| node(Value::Reference(Cow::Owned(name)), span))),
            None => Ok(raw()),
        }
    }

    fn variable(&self, name: &str, span: Span) -> Owned {
        let declared = self.variables.get(name);
        let given = self.values.get(name).or(self.json.defaults.get(name).copied());
        let default = declared.and_then(|declared| declared.default);
        if given.is_none() && default.is_none() {
            return unresolved(&format!("var.{name}"), span);
        }
        self.once(format!("var.{name}"), || {
            let value = match (given, default) {
                (Some(value), _) => value.clone(),
                (None, Some((default, place))) => self.value(default, &Scope::default(), place),
                (None, None) => unresolved(name, span),
            };
            match declared.and_then(|declared| declared.kind) {
                Some((kind, place)) => self.completed(value, kind, place),
                None => value,
            }
        })
    }

    /// A value with what its type says of members that are left out: `optional` gives a default, else null.
    fn completed(&self, value: Owned, kind: &Expression, place: Place<'_>) -> Owned {
        let Expression::FuncCall(call) = kind else { return value };
        let Some(inner) = call.args.iter().next() else { return value };
        let span = value.span;
        let inner_value = match (call.name.name.as_str(), value.value) {
            ("object", Value::Map(map)) => match inner {
                Expression::Object(members) => Value::Map(self.completed_object(map, members, place, span)),
                _ => Value::Map(map),
            },
            ("optional", value) => return self.completed(node(value, span), inner, place),
            ("map", Value::Map(map)) => Value::Map(Map {
                members: map
                    .members
                    .into_iter()
                    .map(|own| Member { key: own.key, value: self.completed(own.value, inner, place) })
                    .collect(),
            }),
            ("list" | "set", Value::List(items)) => {
                Value::List(items.into_iter().map(|item| self.completed(item, inner, place)).collect())
            }
            (_, value) => value,
        };
        node(inner_value, span)
    }

    fn completed_object(
        &self,
        mut map: Map<'static>,
        kinds: &hcl_edit::expr::Object,
        place: Place<'_>,
        span: Span,
    ) -> Map<'static> {
        for (key, kind) in kinds {
            let Some((key, _)) = self.key(key, &Scope::default(), place, span) else { continue };
            if let Some(own) = map.members.iter_mut().find(|own| own.key.value == key) {
                let value = std::mem::replace(&mut own.value, node(Value::Null, span));
                own.value = self.completed(value, kind.expr(), place);
                continue;
            }
            let Expression::FuncCall(call) = kind.expr() else { continue };
            if call.name.name.as_str() == "optional" {
                let default = call.args.iter().nth(1);
                let value = default
                    .map_or(node(Value::Null, span), |default| self.value(default, &Scope::default(), place));
                map.members.push(member(&key, value));
            }
        }
        map
    }

    fn local(&self, name: &str, span: Span) -> Owned {
        match (self.locals.get(name), self.json.locals.get(name)) {
            (Some((expression, place)), _) => {
                self.once(format!("local.{name}"), || self.value(expression, &Scope::default(), *place))
            }
            (None, Some(value)) => {
                self.once(format!("local.{name}"), || self.interpolated(value, &Scope::default()))
            }
            (None, None) => unresolved(&format!("local.{name}"), span),
        }
    }

    /// A value that depends on nothing but the module, evaluated once. What is asked for while it is being
    /// evaluated asks for itself; that ends at the depth limit and is not kept.
    fn once(&self, name: String, evaluate: impl FnOnce() -> Owned) -> Owned {
        if let Some(known) = self.known.borrow().get(&name) {
            return known.clone();
        }
        let value = evaluate();
        self.known.borrow_mut().entry(name).or_insert_with(|| value.clone());
        value
    }

    /// Follows attributes and indexes. What is not known stays unresolved, as the whole is written.
    fn walk<'t>(
        &self,
        value: Owned,
        steps: impl Iterator<Item = &'t TraversalOperator>,
        scope: &Scope<'_>,
        place: Place<'_>,
        raw: impl Fn() -> Owned,
    ) -> Evaluated {
        let mut value = value;
        for step in steps {
            let key = match step {
                TraversalOperator::GetAttr(name) => name.as_str().to_owned(),
                TraversalOperator::LegacyIndex(index) => index.value().to_string(),
                TraversalOperator::Index(index) => {
                    match functions::as_text(&self.evaluate(index, scope, place)?) {
                        Some(key) => key,
                        None => return Ok(raw()),
                    }
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => return Ok(raw()),
            };
            value = match value.value {
                Value::Map(map) => map
                    .members
                    .into_iter()
                    .find(|member| member.key.value == key)
                    .map(|member| member.value)
                    .ok_or(Missing)?,
                Value::List(items) => {
                    if items.iter().any(|item| matches!(item.value, Value::Unresolved(_))) {
                        return Ok(raw());
                    }
                    let index: usize = key.parse().map_err(|_| Missing)?;
                    items.into_iter().nth(index).ok_or(Missing)?
                }
                Value::Null => return Err(Missing),
                Value::Reference(name) => {
                    node(Value::Reference(Cow::Owned(format!("{name}.{key}"))), value.span)
                }
                _ => return Ok(raw()),
            };
        }
        Ok(value)
    }

    /// The name of a value of another resource: the resource's address, with the attribute where it is not an
    /// identifier of the resource.
    fn reference(&self, traversal: &Traversal, scope: &Scope<'_>, place: Place<'_>) -> Option<String> {
        let Expression::Variable(root) = &traversal.expr else { return None };
        let mut name = root.as_str().to_owned();
        let address = if name == "data" { 2 } else { 1 };
        for (step, operator) in traversal.operators.iter().enumerate() {
            match operator.value() {
                TraversalOperator::GetAttr(attribute)
                    if step >= address && IDS.contains(&attribute.as_str()) => {}
                TraversalOperator::GetAttr(attribute) => {
                    name.push('.');
                    name.push_str(attribute.as_str());
                }
                TraversalOperator::Index(index) => {
                    let key = functions::as_text(&self.evaluate(index, scope, place).ok()?)?;
                    name.push_str(&format!("[{key}]"));
                }
                TraversalOperator::LegacyIndex(index) => name.push_str(&format!("[{}]", index.value())),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => return None,
            }
        }
        Some(name)
    }

    fn binary(
        &self,
        operation: &BinaryOp,
        scope: &Scope<'_>,
        place: Place<'_>,
        span: Span,
    ) -> Result<Option<Owned>, Missing> {
        let one = self.evaluate(&operation.lhs_expr, scope, place)?;
        let other = self.evaluate(&operation.rhs_expr, scope, place)?;
        let operator = *operation.operator.value();
        let bool = |value: bool| Some(node(Value::Bool(value), span));
        Ok(match (operator, &one.value, &other.value) {
            (BinaryOperator::And, Value::Bool(false), _) | (BinaryOperator::And, _, Value::Bool(false)) => {
                bool(false)
            }
            (BinaryOperator::Or, Value::Bool(true), _) | (BinaryOperator::Or, _, Value::Bool(true)) => {
                bool(true)
            }
            (BinaryOperator::And, Value::Bool(true), Value::Bool(true)) => bool(true),
            (BinaryOperator::Or, Value::Bool(false), Value::Bool(false)) => bool(false),
            (BinaryOperator::Eq, ..) if is_known(&one) && is_known(&other) => {
                bool(functions::same(&one, &other))
            }
            (BinaryOperator::NotEq, ..) if is_known(&one) && is_known(&other) => {
                bool(!functions::same(&one, &other))
            }
            (_, Value::Number(one), Value::Number(other)) => match (one.parse::<f64>(), other.parse::<f64>())
            {
                (Ok(one), Ok(other)) => arithmetic(operator, one, other, span),
                _ => None,
            },
            _ => None,
        })
    }

    fn for_each(
        &self,
        expression: &ForExpr,
        scope: &Scope<'_>,
        place: Place<'_>,
        span: Span,
    ) -> Result<Option<Owned>, Missing> {
        let collection = self.evaluate(&expression.intro.collection_expr, scope, place)?;
        let entries: Vec<(String, Owned)> = match &collection.value {
            Value::List(items) if items.iter().any(|item| matches!(item.value, Value::Unresolved(_))) => {
                return Ok(None);
            }
            Value::List(items) => {
                items.iter().enumerate().map(|(at, item)| (at.to_string(), item.clone())).collect()
            }
            Value::Map(_) => entries(&collection).unwrap_or_default(),
            _ => return Ok(None),
        };
        let (mut items, mut members) = (Vec::new(), Vec::new());
        for (key, value) in entries {
            let mut inner = scope.clone();
            if let Some(name) = &expression.intro.key_var {
                inner = inner.with(name.as_str(), text(key, span));
            }
            inner = inner.with(expression.intro.value_var.as_str(), value);
            if let Some(condition) = &expression.cond {
                match self.evaluate(&condition.expr, &inner, place)?.value {
                    Value::Bool(true) => {}
                    Value::Bool(false) => continue,
                    _ => return Ok(None),
                }
            }
            let value = self.evaluate(&expression.value_expr, &inner, place)?;
            match &expression.key_expr {
                None => items.push(value),
                Some(key) => match functions::as_text(&self.evaluate(key, &inner, place)?) {
                    Some(key) if !expression.grouping => members.push(member(&key, value)),
                    _ => return Ok(None),
                },
            }
        }
        Ok(Some(if expression.key_expr.is_some() {
            object(members, span)
        } else {
            node(Value::List(items), span)
        }))
    }
}

/// Attributes that identify a resource, so that its address is name enough.
const IDS: [&str; 6] = ["id", "object_id", "template_id", "client_id", "application_id", "role_id"];

fn arithmetic(operator: BinaryOperator, one: f64, other: f64, span: Span) -> Option<Owned> {
    let value = match operator {
        BinaryOperator::Less => Value::Bool(one < other),
        BinaryOperator::LessEq => Value::Bool(one <= other),
        BinaryOperator::Greater => Value::Bool(one > other),
        BinaryOperator::GreaterEq => Value::Bool(one >= other),
        BinaryOperator::Plus => number(one + other),
        BinaryOperator::Minus => number(one - other),
        BinaryOperator::Mul => number(one * other),
        _ => return None,
    };
    Some(node(value, span))
}

fn number(value: f64) -> Value<'static> {
    Value::Number(Cow::Owned(value.to_string()))
}
