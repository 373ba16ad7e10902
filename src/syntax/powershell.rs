//! PowerShell configurations to [`Node`]s: the resource blocks of a desired-state configuration.
//!
//! A block is `Name InstanceName { Key = value … }`. Literal texts, numbers, `$true`, `$false`, `$null` and
//! arrays `@(…)` are read; everything else is an expression, as written. Source: Microsoft documentation,
//! "about_Quoting_Rules", "about_Arrays" and the Desired State Configuration reference.

use std::borrow::Cow;

use super::{MAX_DEPTH, Map, Member, Node, Tree, Value};
use crate::finding::{Finding, Label, Level, input};
use crate::source::{At, FileId, Span};

/// Reads every block of one resource type.
#[must_use]
pub fn read<'t>(text: &'t str, resource: &str, file: FileId) -> Tree<'t> {
    let mut tree = Tree::default();
    let mut reader = Reader { text, at: 0, file };
    while reader.next_block(resource) {
        match reader.block() {
            Some(node) => tree.roots.push(node),
            None => {
                let span = Span::new(file, reader.at, reader.at);
                tree.findings.push(
                    Finding::new(
                        input::SYNTAX_ERROR,
                        Level::Error,
                        format!("block of `{resource}` is not closed"),
                        Label::new(span, "the text ends here"),
                    )
                    .note("a policy in a block that cannot be read is not checked")
                    .help("close the block with `}`, or export it again")
                    .unread(),
                );
                return tree;
            }
        }
    }
    tree
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    file: FileId,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.at)
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn take_if(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&keep) {
            self.take();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Spaces, line ends and comments.
    fn skip_blank(&mut self) {
        loop {
            self.take_while(|letter| letter.is_whitespace() || letter == '`');
            if self.rest().starts_with("<#") {
                self.at += self.rest().find("#>").map_or(self.rest().len(), |end| end + 2);
            } else if self.peek() == Some('#') {
                self.take_while(|letter| letter != '\n');
            } else {
                return;
            }
        }
    }

    /// Moves behind the brace that opens the next block of a resource type.
    fn next_block(&mut self, resource: &str) -> bool {
        loop {
            self.skip_blank();
            match self.peek() {
                None => return false,
                Some('"' | '\'') => {
                    self.quoted();
                }
                Some('@') if self.here_quote().is_some() => {
                    self.here_text();
                }
                Some(letter) if letter.is_alphanumeric() => {
                    let word = self.take_while(is_word);
                    if word.eq_ignore_ascii_case(resource) {
                        self.skip_blank();
                        match self.peek() {
                            Some('"' | '\'') => {
                                self.quoted();
                            }
                            _ => {
                                self.take_while(is_word);
                            }
                        }
                        self.skip_blank();
                        if self.peek() == Some('{') {
                            return true;
                        }
                    }
                }
                Some(_) => {
                    self.take();
                }
            }
        }
    }

    /// The assignments between braces; nothing where the text ends before they close.
    fn block(&mut self) -> Option<Node<'t>> {
        let start = self.at;
        self.take_if('{');
        let mut map = Map::default();
        loop {
            self.skip_blank();
            self.take_while(|letter| letter == ';' || letter.is_whitespace());
            let key_start = self.at;
            match self.peek()? {
                '}' => {
                    self.take();
                    return Some(Node { span: self.span(start), value: Value::Map(map) });
                }
                letter if is_word(letter) => {
                    let key = self.take_while(is_word);
                    let key = At::new(Cow::Borrowed(key), self.span(key_start));
                    self.skip_blank();
                    if self.take_if('=') {
                        self.skip_blank();
                        let value = self.assigned()?;
                        map.members.push(Member { key, value });
                    }
                }
                _ => {
                    self.take();
                }
            }
        }
    }

    /// What is assigned to a key: a value, several behind commas, or, where an operator follows, an expression.
    fn assigned(&mut self) -> Option<Node<'t>> {
        let start = self.at;
        let first = self.value(0)?;
        let mut items = Vec::new();
        loop {
            self.take_while(|letter| letter == ' ' || letter == '\t' || letter == '\r');
            match self.peek() {
                Some(',') => {
                    self.take();
                    self.skip_blank();
                    items.push(self.value(0)?);
                }
                None | Some('\n' | ';' | '}' | '#') => break,
                Some(_) => {
                    self.take_while(|letter| letter != '\n' && letter != ';');
                    let raw = self.text.get(start..self.at).unwrap_or_default().trim_end();
                    return Some(Node {
                        span: self.span(start),
                        value: Value::Unresolved(Cow::Borrowed(raw)),
                    });
                }
            }
        }
        if items.is_empty() {
            return Some(first);
        }
        items.insert(0, first);
        Some(Node { span: self.span(start), value: Value::List(items) })
    }

    /// The quote of a text that starts with `@"` or `@'` and goes over lines.
    fn here_quote(&self) -> Option<char> {
        let mut letters = self.rest().chars();
        let quote = letters.by_ref().nth(1).filter(|letter| *letter == '"' || *letter == '\'')?;
        (self.peek() == Some('@') && letters.next().is_some_and(|next| next == '\n' || next == '\r'))
            .then_some(quote)
    }

    /// A text over several lines, up to its quote and `@` at the start of a line.
    fn here_text(&mut self) -> Option<Value<'t>> {
        let quote = self.here_quote()?;
        let body = self.rest().split_once('\n').map(|(_, body)| body)?;
        let start = self.text.len() - body.len();
        let close = format!("{quote}@");
        let lines = body.split_inclusive('\n');
        let length: usize = lines.take_while(|line| !line.starts_with(&close)).map(str::len).sum();
        if start + length >= self.text.len() {
            return None;
        }
        self.at = start + length + close.len();
        let text = body.get(..length)?.trim_end_matches(['\r', '\n']);
        Some(if quote == '"' && text.contains('$') {
            Value::Unresolved(Cow::Borrowed(text))
        } else {
            Value::Text(Cow::Borrowed(text))
        })
    }

    fn value(&mut self, depth: usize) -> Option<Node<'t>> {
        let start = self.at;
        let value = match self.peek()? {
            '"' | '\'' => self.quoted(),
            '@' if self.here_quote().is_some() => self.here_text()?,
            '@' if self.rest().starts_with("@(") && depth < MAX_DEPTH => {
                self.at += 2;
                Value::List(self.items(depth)?)
            }
            '$' => match self.take_while(|letter| !letter.is_whitespace() && !";,)}".contains(letter)) {
                word if word.eq_ignore_ascii_case("$true") => Value::Bool(true),
                word if word.eq_ignore_ascii_case("$false") => Value::Bool(false),
                word if word.eq_ignore_ascii_case("$null") => Value::Null,
                word => Value::Unresolved(Cow::Borrowed(word)),
            },
            _ => match self.take_while(|letter| !";,)}\n".contains(letter)).trim_end() {
                "" => {
                    self.take();
                    Value::Unresolved(Cow::Borrowed(""))
                }
                number if number.parse::<f64>().is_ok() => Value::Number(Cow::Borrowed(number)),
                other => Value::Unresolved(Cow::Borrowed(other)),
            },
        };
        Some(Node { span: self.span(start), value })
    }

    /// The items of an array up to its closing bracket.
    fn items(&mut self, depth: usize) -> Option<Vec<Node<'t>>> {
        let mut items = Vec::new();
        loop {
            self.skip_blank();
            match self.peek()? {
                ')' => {
                    self.take();
                    return Some(items);
                }
                ',' | ';' => {
                    self.take();
                }
                _ => items.push(self.value(depth + 1)?),
            }
        }
    }

    /// A quoted text. Between double quotes, `$` starts an expression and the backtick escapes.
    fn quoted(&mut self) -> Value<'t> {
        let start = self.at;
        let Some(quote) = self.take() else { return Value::Null };
        let mut whole = String::new();
        let mut expression = false;
        while let Some(letter) = self.take() {
            match letter {
                letter if letter == quote && self.peek() == Some(quote) => {
                    self.take();
                    whole.push(quote);
                }
                letter if letter == quote => break,
                '`' if quote == '"' => whole.extend(self.take()),
                '$' if quote == '"' => {
                    expression = true;
                    whole.push('$');
                }
                letter => whole.push(letter),
            }
        }
        if expression {
            let raw = self.text.get(start..self.at).unwrap_or_default();
            Value::Unresolved(Cow::Borrowed(raw.trim_matches('"')))
        } else {
            Value::Text(Cow::Owned(whole))
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-' || letter == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(text: &str) -> Vec<Node<'_>> {
        read(text, "Policy", FileId(0)).roots
    }

    #[test]
    fn literal_blocks_are_read_and_the_rest_is_an_expression() {
        let text = r#"
            # Policy "no" { A = 1 }
            Other x { Name = "Policy y { }" }
            Policy "one"
            {
                Name = 'It''s'; Days = 4
                On   = $True  # why
                List = @("a", 'b',
                         $group)
                Text = "x $y"
            }
        "#;
        let roots = roots(text);
        assert_eq!(roots.len(), 1);
        let map = roots[0].as_map().unwrap();
        assert_eq!(map.get("Name").unwrap().as_text(), Some("It's"));
        assert!(matches!(map.get("On").unwrap().value, Value::Bool(true)));
        assert!(matches!(&map.get("Days").unwrap().value, Value::Number(four) if four == "4"));
        assert!(matches!(&map.get("Text").unwrap().value, Value::Unresolved(text) if text == "x $y"));
        let Value::List(items) = &map.get("List").unwrap().value else { panic!("a list") };
        assert_eq!(items.len(), 3);
        assert!(matches!(&items[2].value, Value::Unresolved(text) if text == "$group"));
    }

    #[test]
    fn broken_blocks_are_found_and_never_loop() {
        for text in [
            "Policy x {",
            "Policy x { A = ",
            "Policy x { A = @(",
            "Policy x { A = \"",
            "Policy x { A = @(\"b\"",
        ] {
            let tree = read(text, "Policy", FileId(0));
            assert!(tree.roots.is_empty(), "{text}");
            assert_eq!(tree.findings.len(), 1, "{text}");
        }
    }
}
