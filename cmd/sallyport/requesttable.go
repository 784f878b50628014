package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/audit"
)

// requestTable prints records in columns, below a header that comes once. What
// is longer than its column is cut, but in the last one of an endless line.
type requestTable struct {
	out     io.Writer
	color   bool
	columns []requestColumn
	begun   bool
}

type requestColumn struct {
	title string
	width int // 0: to the end of the line
	text  func(*audit.Report) string
}

// Widths of a table.
const (
	narrowest = 80
	wide      = 150 // from here on, whole ids and dates
	widest    = 200
	shortID   = 8 // characters; explain finds a request by them
)

func newRequestTable(out io.Writer) *requestTable {
	return &requestTable{out: out, color: isTerminal(out), columns: requestColumns(tableWidth(out))}
}

// tableWidth is that of the terminal or of $COLUMNS; 0 for what has none.
func tableWidth(out io.Writer) int {
	width, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || width <= 0 {
		if width = terminalWidth(out); width == 0 {
			return 0
		}
	}
	return min(max(width, narrowest), widest)
}

// requestColumns shares a width: of what the fixed columns leave, two thirds go to
// where, what and who, a third to why. With no width each column is as wide as is usual.
func requestColumns(width int) []requestColumn {
	clock, id := "15:04:05", shortID
	if width == 0 || width >= wide {
		clock, id = "01-02 15:04:05.000", 36
	}
	where, route, caller, reason := 18, 28, 24, 0
	if width > 0 {
		const status, outcome, gaps = 3, 7, 7
		left := width - len(clock) - id - status - outcome - gaps
		where, route, caller = max(left*20/100, 10), left*28/100, left*17/100
		reason = left - where - route - caller
	}
	return []requestColumn{
		{"TIME", len(clock), func(r *audit.Report) string { return r.At.In(time.Local).Format(clock) }},
		{"ID", id, func(r *audit.Report) string { return r.RequestID[:min(id, len(r.RequestID))] }},
		{"ST", 3, statusText},
		{"OUTCOME", 7, func(r *audit.Report) string { return r.Outcome }},
		{"WHERE", where, func(r *audit.Report) string { return whereAsked(r, where) }},
		{"WHAT", route, whatAsked},
		{"CALLER", caller, callerShort},
		{"REASON", reason, reasonShort},
	}
}

func statusText(r *audit.Report) string {
	if r.Status == 0 {
		return "-"
	}
	return strconv.Itoa(r.Status)
}

// whereAsked is the service, or the API and, if there is room for it, the stage.
func whereAsked(r *audit.Report, width int) string {
	switch whole := r.API + "/" + r.Stage; {
	case r.API == "":
		return r.Service
	case r.Stage == "" || width > 0 && utf8.RuneCountInString(whole) > width:
		return r.API
	default:
		return whole
	}
}

func whatAsked(r *audit.Report) string {
	if r.Route != "" {
		return r.Route
	}
	if method, url, ok := strings.Cut(r.Operation, " "); ok { // as it was sent: the host tells nothing new
		return method + " " + url[max(strings.IndexByte(url, '/'), 0):]
	}
	return r.Operation
}

// callerShort is what of an ARN differs from one to the next.
func callerShort(r *audit.Report) string {
	if r.Caller == audit.Anonymous {
		return "-"
	}
	return r.Caller[strings.LastIndexByte(r.Caller, ':')+1:]
}

// reasonShort leaves out the names of the steps that most reasons are from.
func reasonShort(r *audit.Report) string {
	reason := r.Reason
	for _, step := range [...]string{"authorize: ", "authorise: ", "signature: "} {
		reason = strings.TrimPrefix(reason, step)
	}
	return told(reason)
}

func (t *requestTable) row(r *audit.Report) error {
	if !t.begun {
		t.begun = true
		if err := t.print(func(c *requestColumn) string { return c.title }, ""); err != nil {
			return err
		}
	}
	color := map[string]string{"passed": "32", "refused": "31", "failed": "33"}[r.Outcome]
	return t.print(func(c *requestColumn) string { return c.text(r) }, color)
}

// print writes a line; the outcome has the color.
func (t *requestTable) print(text func(*requestColumn) string, color string) error {
	var b strings.Builder
	for i := range t.columns {
		c := &t.columns[i]
		cell := fit(visible(text(c)), c.width)
		padding := strings.Repeat(" ", max(c.width-utf8.RuneCountInString(cell), 0))
		if color != "" && t.color && c.title == "OUTCOME" {
			cell = "\x1b[" + color + "m" + cell + "\x1b[0m"
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(cell + padding)
	}
	_, err := fmt.Fprintln(t.out, strings.TrimRight(b.String(), " "))
	return err
}

// fit cuts text to so many characters; 0 for no bound.
func fit(text string, width int) string {
	if width == 0 || utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return string(runes[:width-1]) + "…"
}
