// RFC 4180 quoting, but with LF at line ends and no byte-order mark, as the import reads it.

const quoted = (value) => (/[",\n\r]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value);

/** Returns the text of a CSV file: the header, then one line a row; a missing field is empty. */
export function csv(columns, rows) {
  const lines = rows.map((row) => columns.map((column) => quoted(String(row[column] ?? ''))).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
