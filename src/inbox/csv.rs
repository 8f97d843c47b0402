//! Reads tables that spreadsheets save: RFC 4180, and what people's spreadsheets make of it.

/// Rows of cells. Cells are separated by commas, or by semicolons where the first line has no comma; quoted cells may hold
/// separators, line ends and doubled quotes. Empty lines are no rows. `None` if a quoted cell has no end.
pub fn read(text: &str) -> Option<Vec<Vec<String>>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let separator = if !first.contains(',') && first.contains(';') { ';' } else { ',' };
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(character),
            '"' if cell.is_empty() => quoted = true,
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' => {
                row.push(std::mem::take(&mut cell));
                end(&mut rows, &mut row);
            }
            _ if character == separator => row.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    row.push(cell);
    end(&mut rows, &mut row);
    (!quoted).then_some(rows)
}

fn end(rows: &mut Vec<Vec<String>>, row: &mut Vec<String>) {
    let row = std::mem::take(row);
    if row.iter().any(|cell| !cell.trim().is_empty()) {
        rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        for (text, expected) in [
            ("a,b\r\n1,2\r\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("\u{feff}a;b\n1,5;2", vec![vec!["a", "b"], vec!["1,5", "2"]]),
            ("a\n\n\"x, \"\"y\"\"\nz\"\n,\n", vec![vec!["a"], vec!["x, \"y\"\nz"]]),
            ("5\" pipe,b", vec![vec!["5\" pipe", "b"]]),
            ("a,b\r1,", vec![vec!["a", "b"], vec!["1", ""]]),
            ("", vec![]),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text:?}");
        }
        assert_eq!(read("a,\"b\nc"), None);
    }
}
