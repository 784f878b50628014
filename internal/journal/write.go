package journal

import (
	"context"
	"encoding/base64"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// Flush writes what waits; when it returns, searches of every node find it. What
// could not be written is tried again at the next Flush.
func (j *Journal) Flush(ctx context.Context) error { return j.flush(ctx, true) }

// flush writes all, or only the blocks that are full: under load the others
// would be pressed again and again.
func (j *Journal) flush(ctx context.Context, all bool) error {
	if !j.Keeps() {
		return nil
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	j.take()
	err := j.write(ctx, all)
	if err == nil {
		err = j.pruneIfDue(ctx)
	}
	j.complain(ctx, err)
	return err
}

// take moves what waits into blocks. When so much could not be written that
// there is no room, it goes on waiting, and then is dropped.
func (j *Journal) take() {
	var held [audit.Kinds]int
	for _, o := range j.unsaved {
		held[o.Kind] += len(o.entries)
	}
	for k := range j.waiting {
		if held[k] >= maxWaiting {
			continue
		}
		j.mu.Lock()
		entries := j.waiting[k]
		j.waiting[k] = j.spare[k][:0]
		j.mu.Unlock()
		j.spare[k] = entries
		for left := entries; len(left) > 0; {
			e, rest, ok := audit.NextEntry(left)
			h, readable := e.Head()
			if !ok || !readable {
				break // this very program has written it
			}
			j.add(audit.Kind(k), left[:len(left)-len(rest)], h.At)
			left = rest
		}
	}
}

func (j *Journal) add(k audit.Kind, entry []byte, at int64) {
	o := j.open[k]
	if o == nil {
		o = &openBlock{block: block{ID: j.newID(), Kind: k}, begun: time.Now(), entries: j.room[k][:0]}
		j.room[k] = nil
		j.open[k] = o
	}
	if o.unsaved == 0 {
		j.unsaved = append(j.unsaved, o)
	}
	o.add(entry, at)
	if j.full(o) {
		j.open[k] = nil
	}
}

// full reports whether a block takes no more.
func (j *Journal) full(o *openBlock) bool {
	const parts = 64 // of the journal, at least: it is pruned block by block
	return len(o.entries) >= maxBlock || o.Records >= min(maxBlockRecords, max(j.limits.Number/parts, 1)) ||
		o.Records >= fewBlockRecords && time.Since(o.begun) >= growingFor
}

// write writes what is not saved, in one transaction.
func (j *Journal) write(ctx context.Context, all bool) error {
	var due, growing []*openBlock
	for _, o := range j.unsaved {
		if all || j.open[o.Kind] != o {
			due = append(due, o)
		} else {
			growing = append(growing, o)
		}
	}
	if len(due) == 0 {
		return nil
	}
	deflated := make([][]byte, len(due))
	for i, o := range due {
		var err error
		if deflated[i], err = j.press.deflate(o.entries); err != nil {
			return err
		}
		o.Bytes = base64.StdEncoding.EncodedLen(len(deflated[i])) // as the row has it
		o.Written = time.Now().UnixMilli()                        // not the server's time, which tests move
	}
	err := j.db.Write(ctx, func(tx *store.Tx) error {
		for i, o := range due {
			if err := o.save(ctx, tx, deflated[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range due {
		j.unpruned += o.unsaved
		if o.unsaved = 0; j.open[o.Kind] != o {
			j.room[o.Kind] = o.entries
		}
	}
	j.unsaved = growing
	return nil
}

const pruneEvery = time.Minute

// pruneIfDue prunes each minute, and whenever a part of the whole is new.
func (j *Journal) pruneIfDue(ctx context.Context) error {
	const part = 32
	now := time.Now()
	if j.unpruned <= j.limits.Number/part && now.Sub(j.lastPrune) < pruneEvery {
		return nil
	}
	if err := j.prune(ctx); err != nil {
		return err
	}
	j.unpruned, j.lastPrune = 0, now
	return nil
}

// prune removes the blocks that are too old, and then, while there is too much,
// the oldest block of the kind that takes most beyond its share. Other nodes may
// do the same at the same time.
func (j *Journal) prune(ctx context.Context) error {
	var gone []string
	horizon := j.horizon()
	list, err := blocks.List(ctx, j.db, "1 = 1 order by newest, id")
	if err != nil {
		return err
	}
	var all usage
	var of [audit.Kinds]usage
	var queues [audit.Kinds][]*block
	for _, b := range list {
		if b.Newest < horizon || b.Kind < 0 || b.Kind >= audit.Kinds {
			gone = append(gone, b.ID)
			continue
		}
		all.add(b)
		of[b.Kind].add(b)
		queues[b.Kind] = append(queues[b.Kind], b)
	}
	most := usage{j.limits.Number, j.limits.Number * BytesPerRecord}
	for all.over(most) > 1 {
		k := greediest(of, most)
		b := queues[k][0]
		queues[k] = queues[k][1:]
		all.remove(b)
		of[k].remove(b)
		gone = append(gone, b.ID)
	}
	for len(gone) > 0 {
		some := gone[:min(len(gone), 100)]
		gone = gone[len(some):]
		if err := remove(ctx, j.db, some); err != nil {
			return err
		}
	}
	return nil
}

func remove(ctx context.Context, db *store.DB, ids []string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if err := drop(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// horizon is the oldest instant that is kept, in Unix milliseconds.
func (j *Journal) horizon() int64 { return j.clock.Now().Add(-j.limits.For).UnixMilli() }

// usage is how much there is of something.
type usage struct{ records, bytes int }

func (u *usage) add(b *block)    { u.records += b.Records; u.bytes += b.Bytes }
func (u *usage) remove(b *block) { u.records -= b.Records; u.bytes -= b.Bytes }

// over is how much of most is used, 1 for all of it.
func (u *usage) over(most usage) float64 {
	return max(float64(u.records)/float64(most.records), float64(u.bytes)/float64(most.bytes))
}

// shares are what each kind may always keep, whatever comes of the others.
var shares = [audit.Kinds]float64{audit.KindPassed: 0.25, audit.KindStrangers: 0.25, audit.KindCallers: 0.5}

// greediest is the kind that takes most of what is not its own.
func greediest(of [audit.Kinds]usage, most usage) (k audit.Kind) {
	worst := -1.0
	for i := range of {
		if beyond := of[i].over(most) - shares[i]; of[i].records > 0 && beyond > worst {
			k, worst = audit.Kind(i), beyond
		}
	}
	return k
}

// complain tells the log what is not kept, and not more often than anybody reads.
func (j *Journal) complain(ctx context.Context, err error) {
	dropped := j.Dropped()
	now := time.Now()
	if err == nil && dropped == j.told || ctx.Err() != nil || now.Sub(j.complained) < complainEvery {
		return
	}
	j.complained = now
	if err != nil {
		j.logger.Error("decision records cannot be written; they wait, and then are dropped", slog.Any("error", err))
	}
	if dropped != j.told {
		j.logger.Warn("decision records were dropped: the database does not take them fast enough",
			slog.Int64("passed", dropped.Passed-j.told.Passed), slog.Int64("refused", dropped.Refused-j.told.Refused))
		j.told = dropped
	}
}
