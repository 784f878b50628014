package journal

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// block is what is known of a block without reading it.
type block struct {
	ID      string     `json:"id"`
	Kind    audit.Kind `json:"kind"`
	Oldest  int64      `json:"oldest"` // Unix milliseconds of its oldest record
	Newest  int64      `json:"newest"`
	Written int64      `json:"written"` // Unix milliseconds, by the machine that wrote
	Records int        `json:"records"`
	Bytes   int        `json:"bytes"` // in the database, about
}

// records is the content of a block: entries behind one another, deflated.
type records struct {
	ID       string `json:"id"`
	Format   int    `json:"format"`
	Deflated []byte `json:"deflated"`
}

// format is that of audit.Entry as this version writes it. Blocks of another one
// are passed over.
const format = 1

var blocks = store.NewTable(store.Schema[block]{
	Table: "journal_blocks",
	Key:   []store.Column[block]{{Name: "id", Value: func(b *block) any { return b.ID }}},
	Columns: []store.Column[block]{
		{Name: "oldest", Value: func(b *block) any { return b.Oldest }},
		{Name: "newest", Value: func(b *block) any { return b.Newest }},
		{Name: "written", Value: func(b *block) any { return b.Written }},
	},
})

var contents = store.NewTable(store.Schema[records]{
	Table: "journal_records",
	Key:   []store.Column[records]{{Name: "id", Value: func(r *records) any { return r.ID }}},
})

const (
	// Newest first, behind a given block.
	timeline = "newest >= $1 and oldest <= $2 and (newest < $3 or newest = $3 and id < $4) order by newest desc, id desc limit $5"
	metas    = 64 // of blocks, read at once
	// What was written lately.
	lately = "written >= $1 order by written, id"
)

// Limits of a block.
const (
	maxBlockRecords = 1024
	maxBlock        = 256 << 10 // bytes of entries: with more it is closed
	// A block that has grown for a while, and so was written anew more than once, is
	// closed with fewer records: else a slow server would write each of them a
	// thousand times.
	fewBlockRecords = 128
	growingFor      = 2 * time.Second
	maxInflated     = maxBlock + 64<<10 // more than the last entry adds
)

// openBlock is a block that grows. While it is small it is written anew as a
// whole, so that a quiet server does not leave a row for each request.
type openBlock struct {
	block
	begun   time.Time
	entries []byte
	unsaved int // records that the database does not have
}

// newID begins with the time and a count, so that the blocks of a node sort as
// they were begun, and ends with what is the node's own.
func (j *Journal) newID() string {
	j.begun++
	return fmt.Sprintf("%012x%06x%s", j.clock.Now().UnixMilli(), j.begun&0xffffff, j.node)
}

// add takes the first entry of what waits; at is its time.
func (o *openBlock) add(entry []byte, at int64) {
	ms := floorMillis(at)
	if o.Records == 0 || ms < o.Oldest {
		o.Oldest = ms
	}
	if o.Records == 0 || ms > o.Newest {
		o.Newest = ms
	}
	o.entries = append(o.entries, entry...)
	o.Records++
	o.unsaved++
}

// floorMillis is the millisecond in which an instant lies.
func floorMillis(nanos int64) int64 {
	const millisecond = 1e6
	ms := nanos / millisecond
	if nanos%millisecond < 0 {
		ms--
	}
	return ms
}

// save writes the block, in place of what is there of it.
func (o *openBlock) save(ctx context.Context, tx *store.Tx, deflated []byte) error {
	if err := drop(ctx, tx, o.ID); err != nil {
		return err
	}
	if err := contents.Insert(ctx, tx, &records{o.ID, format, deflated}); err != nil {
		return err
	}
	return blocks.Insert(ctx, tx, &o.block)
}

// drop removes a block that may or may not be there.
func drop(ctx context.Context, tx *store.Tx, id string) error {
	_, err := contents.DeleteWhere(ctx, tx, "id = $1", id)
	if err == nil {
		_, err = blocks.DeleteWhere(ctx, tx, "id = $1", id)
	}
	return err
}

// read returns the entries of a block; nothing if it is gone, or of a format
// that this version does not know.
func read(ctx context.Context, db *store.DB, id string) ([]byte, error) {
	r, err := contents.Get(ctx, db, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || r.Format != format {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(r.Deflated)), maxInflated))
	if err != nil {
		return nil, fmt.Errorf("journal: block %s cannot be read: %w", id, err)
	}
	return plain, nil
}

// press deflates, in room of its own that it keeps.
type press struct {
	out    bytes.Buffer
	writer *flate.Writer
}

// deflate returns a new slice.
func (p *press) deflate(plain []byte) ([]byte, error) {
	p.out.Reset()
	if p.writer == nil {
		writer, err := flate.NewWriter(&p.out, flate.BestSpeed)
		if err != nil {
			return nil, err
		}
		p.writer = writer
	} else {
		p.writer.Reset(&p.out)
	}
	if _, err := p.writer.Write(plain); err != nil {
		return nil, err
	}
	if err := p.writer.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(p.out.Bytes()), nil
}
