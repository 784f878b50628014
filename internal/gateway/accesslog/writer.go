package accesslog

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Defaults of a Config.
const (
	defaultQueue = 4 << 20  // bytes
	defaultFile  = 32 << 20 // bytes
	defaultOld   = 4
	tellEvery    = 10 * time.Second
	maxOpen      = 64 // files
)

// Config is what a Writer needs. Of the numbers, 0 is the default.
type Config struct {
	Dir    string // made if it is not there; nobody else may read it
	Clock  *clock.Clock
	Logger *slog.Logger

	Queue int   // bytes of lines that wait for the disk, of all groups
	File  int64 // bytes of a file that is written to; then it is put aside
	Old   int   // files that are kept aside, of each group
}

// Writer writes lines to the files of log groups. Safe for concurrent use.
type Writer struct {
	root   *os.Root
	clock  *clock.Clock
	logger *slog.Logger
	queue  int
	file   int64
	old    int

	mu     sync.Mutex
	groups map[LogGroup]*Group
	dirty  []*Group // those that have something to write or to tell
	queued int      // bytes, waiting or being written
	closed bool

	wake    chan struct{}
	flushed chan chan struct{}
	done    chan struct{}
}

// Group is the queue of one log group.
type Group struct {
	w    *Writer
	name LogGroup

	// Under the writer's lock.
	waiting []byte
	dropped int  // lines, not told of yet
	isDirty bool // it is among those that are

	// Of the writing goroutine alone.
	out   *output
	spare []byte // memory for waiting
	lost  int    // lines that could not be written or were dropped
	told  time.Time
	why   error
}

// NewWriter opens the folder and starts to write.
func NewWriter(c Config) (*Writer, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		root: root, clock: c.Clock, logger: c.Logger, queue: c.Queue, file: c.File, old: c.Old, groups: map[LogGroup]*Group{},
		wake: make(chan struct{}, 1), flushed: make(chan chan struct{}), done: make(chan struct{}),
	}
	if w.queue == 0 {
		w.queue = defaultQueue
	}
	if w.file == 0 {
		w.file = defaultFile
	}
	if w.old == 0 {
		w.old = defaultOld
	}
	go w.run()
	return w, nil
}

// Group returns the queue of a log group: the same one each time.
func (w *Writer) Group(name LogGroup) *Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.groups[name]
	if g == nil {
		g = &Group{w: w, name: name}
		w.groups[name] = g
	}
	return g
}

// Write queues a line, which it copies, or drops and counts it if the queue is
// full or the writer closed. A newline is added.
func (g *Group) Write(line []byte) {
	w := g.w
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return
	case w.queued+len(line)+1 > w.queue:
		g.dropped++
	default:
		g.waiting = append(append(g.waiting, line...), '\n')
		w.queued += len(line) + 1
	}
	if !g.isDirty {
		g.isDirty = true
		w.dirty = append(w.dirty, g)
		w.signal()
	}
}

// signal wakes the writing goroutine. It is not waited for: one that is awake
// looks again before it sleeps.
func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run writes until Close, and then what is left.
func (w *Writer) run() {
	defer close(w.done)
	for {
		select {
		case <-w.wake:
			w.write()
		case asked := <-w.flushed:
			w.write()
			close(asked)
		}
		w.mu.Lock()
		ended := w.closed && len(w.dirty) == 0
		w.mu.Unlock()
		if ended {
			w.end()
			return
		}
	}
}

// write writes all that waits, a batch a group.
func (w *Writer) write() {
	w.mu.Lock()
	batch := w.dirty
	w.dirty = nil
	w.mu.Unlock()
	for _, g := range batch {
		w.mu.Lock()
		text := g.waiting
		g.waiting, g.spare = g.spare[:0], nil
		g.lost += g.dropped
		g.dropped, g.isDirty = 0, false
		w.mu.Unlock()
		if len(text) > 0 {
			w.writeTo(g, text)
			w.mu.Lock()
			w.queued -= len(text)
			w.mu.Unlock()
		}
		if cap(text) <= w.queue/4 {
			g.spare = text[:0]
		}
		w.tell(g, false)
	}
	w.rest(batch)
}

// writeTo writes whole lines. Those that could not be written are lost.
func (w *Writer) writeTo(g *Group, text []byte) {
	if g.out == nil {
		g.out = &output{path: g.name.file()}
	}
	written, err := g.out.write(w.root, text, w.file, w.old)
	if err != nil {
		g.lost += bytes.Count(text[written:], []byte{'\n'})
		g.why = err
	}
}

// tell tells of lines that are in no log: at once, then every ten seconds.
func (w *Writer) tell(g *Group, last bool) {
	now := w.clock.Now()
	if g.lost == 0 || !last && !g.told.IsZero() && now.Sub(g.told) < tellEvery {
		return
	}
	attributes := []any{slog.String("logGroup", g.name.Name), slog.String("region", g.name.Region), slog.Int("lines", g.lost)}
	if g.why != nil {
		w.logger.Error("access log lines could not be written", append(attributes, slog.Any("error", g.why))...)
	} else {
		w.logger.Warn("access log lines were dropped: they came faster than the disk took them", attributes...)
	}
	g.lost, g.told, g.why = 0, now, nil
}

// rest closes the files of groups that have been quiet, if many are open.
func (w *Writer) rest(busy []*Group) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.groups) <= maxOpen {
		return
	}
	used := map[*Group]bool{}
	for _, g := range busy {
		used[g] = true
	}
	for _, g := range w.groups {
		if !used[g] && g.out != nil {
			g.out.close()
		}
	}
}

// Flush returns when all lines that were queued before are in their files.
func (w *Writer) Flush() {
	asked := make(chan struct{})
	select {
	case w.flushed <- asked:
		<-asked
	case <-w.done:
	}
}

// Clear removes all logs. Whoever writes meanwhile begins a new one.
func (w *Writer) Clear() error {
	w.Flush()
	entries, err := fs.ReadDir(w.root.FS(), ".")
	for _, e := range entries {
		err = errors.Join(err, w.root.RemoveAll(e.Name()))
	}
	return err
}

// Close writes what waits and ends. Lines that come later are dropped.
func (w *Writer) Close() error {
	w.mu.Lock()
	w.closed = true
	w.signal()
	w.mu.Unlock()
	<-w.done
	return w.root.Close()
}

// end closes all files.
func (w *Writer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		w.tell(g, true)
		if g.out != nil {
			g.out.close()
		}
	}
}
