package store

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// shape is the SQL text of a table, written once. Parameters are $1, $2, … here;
// an engine that wants them otherwise rewrites the text when it prepares it.
type shape struct {
	table   string
	keys    []string
	columns []string // real columns that are not in the key

	get, getLocked string // keys -> version, doc
	insert         string // keys, columns, doc
	update         string // columns, doc, keys, version
	delete         string // keys
	by             map[string]string

	conditions sync.Map // where -> *condition
	known      atomic.Int64
}

// condition is the text of the three statements that take one.
type condition struct{ list, delete, count string }

var columnName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func newShape(table string, keys, columns []string) *shape {
	s := &shape{table: table, keys: keys, columns: columns, by: map[string]string{}}
	s.check()
	keyed, _ := equals(keys, 1, " and ")
	s.get = fmt.Sprintf("select version, doc from %s where %s", table, keyed)
	s.getLocked = s.get + forUpdate
	s.delete = fmt.Sprintf("delete from %s where %s", table, keyed)

	all := append(append([]string{}, keys...), columns...)
	marks := make([]string, len(all)+1)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	s.insert = fmt.Sprintf("insert into %s (%s, doc, version) values (%s, 1) on conflict do nothing",
		table, strings.Join(all, ", "), strings.Join(marks, ", "))

	set, next := equals(append(append([]string{}, columns...), "doc"), 1, ", ")
	keyed, next = equals(keys, next, " and ")
	s.update = fmt.Sprintf("update %s set %s, version = version + 1 where %s and version = $%d", table, set, keyed, next)

	for _, c := range all {
		s.by[c] = fmt.Sprintf("select version, doc from %s where %s = $1 limit 2", table, c)
	}
	return s
}

// forUpdate marks a statement whose row is to be held until the end of the
// transaction. SQLite has one writer at a time and drops it.
const forUpdate = " for update"

func (s *shape) check() {
	if !columnName.MatchString(s.table) {
		panic(fmt.Sprintf("store: %q is not the name of a table", s.table))
	}
	if len(s.keys) == 0 {
		panic("store: table " + s.table + " has no key")
	}
	seen := map[string]bool{"version": true, "doc": true}
	for _, c := range append(append([]string{}, s.keys...), s.columns...) {
		if !columnName.MatchString(c) || seen[c] {
			panic(fmt.Sprintf("store: table %s: column %q is misnamed, reserved or there twice", s.table, c))
		}
		seen[c] = true
	}
}

func equals(columns []string, from int, between string) (text string, next int) {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = fmt.Sprintf("%s = $%d", c, from+i)
	}
	return strings.Join(parts, between), from + len(columns)
}

// maxConditions bounds the texts a table remembers. Conditions are constants in
// the source; more than this are values written into the text.
const maxConditions = 200

func (s *shape) condition(where string) *condition {
	if c, ok := s.conditions.Load(where); ok {
		return c.(*condition)
	}
	tail := ""
	switch trimmed := strings.TrimSpace(where); {
	case trimmed == "":
	case startsWith(trimmed, "order by "), startsWith(trimmed, "limit "):
		tail = " " + trimmed
	default:
		tail = " where " + trimmed
	}
	order := ""
	if tail == "" {
		order = " order by " + strings.Join(s.keys, ", ")
	}
	c := &condition{
		list:   "select doc from " + s.table + tail + order,
		delete: "delete from " + s.table + tail + " returning " + strings.Join(s.keys, ", "),
		count:  "select count(*) from " + s.table + tail,
	}
	if s.known.Add(1) <= maxConditions {
		s.conditions.Store(where, c)
	}
	return c
}

func startsWith(text, lower string) bool {
	return len(text) >= len(lower) && strings.EqualFold(text[:len(lower)], lower)
}

// manyRows makes an insert of one row with so many parameters one of n rows.
func manyRows(text string, n, parameters int) string {
	head, _, _ := strings.Cut(text, " values ")
	rows := make([]string, n)
	for i := range rows {
		marks := make([]string, parameters)
		for j := range marks {
			marks[j] = fmt.Sprintf("$%d", i*parameters+j+1)
		}
		rows[i] = "(" + strings.Join(marks, ", ") + ")"
	}
	return head + " values " + strings.Join(rows, ", ")
}
