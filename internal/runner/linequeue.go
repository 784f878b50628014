package runner

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// lineQueue takes lines to Config.Log on a goroutine of its own, so that a slow
// sink costs lines and never a function's time.
type lineQueue struct {
	log    func(*Function, string, []byte)
	queue  chan lines
	lost   atomic.Int64
	logger *slog.Logger
	done   chan struct{}
}

type lines struct {
	function *Function
	id       string
	text     []byte
}

func newLineQueue(log func(*Function, string, []byte), logger *slog.Logger) *lineQueue {
	q := &lineQueue{log: log, logger: logger, queue: make(chan lines, 1024), done: make(chan struct{})}
	if log == nil {
		close(q.done)
		return q
	}
	go q.run()
	return q
}

// add copies text, which ends with a line end.
func (q *lineQueue) add(f *Function, id string, text []byte) {
	if q.log == nil {
		return
	}
	select {
	case q.queue <- lines{f, id, bytes.Clone(text)}:
	default:
		q.lost.Add(1)
	}
}

func (q *lineQueue) run() {
	defer close(q.done)
	for l := range q.queue {
		if n := q.lost.Swap(0); n > 0 {
			q.logger.Warn("function output was dropped: Config.Log is slower than the functions", "blocks", fmt.Sprint(n))
		}
		for line := range bytes.Lines(l.text) {
			q.log(l.function, l.id, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
}

// close waits a little for the sink; no process is left to add anything.
func (q *lineQueue) close() {
	close(q.queue)
	select {
	case <-q.done:
	case <-time.After(2 * time.Second):
	}
}
