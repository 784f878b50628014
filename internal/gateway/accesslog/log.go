package accesslog

import "sync"

// Log is the access log of one stage: a format, and the group that its lines go
// to. Safe for concurrent use.
type Log struct {
	format *Format
	group  *Group
}

// NewLog writes lines of format to group.
func NewLog(format *Format, group *Group) *Log { return &Log{format, group} }

// lines holds the memory of a line between requests.
var lines = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

const largestLine = 64 << 10 // bytes of memory that is worth keeping

// Write writes the line of one request. It does not wait, and keeps nothing of
// what of returns.
func (l *Log) Write(of func(name string) (value string, ok bool)) {
	room := lines.Get().(*[]byte)
	line := l.format.Append((*room)[:0], of)
	l.group.Write(line)
	if cap(line) <= largestLine {
		*room = line
		lines.Put(room)
	}
}
