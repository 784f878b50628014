package journal

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

// Limits of one search.
const (
	MaxPage = 1000 // records
	// maxScan is how much one search reads before it hands out what it has, in bytes
	// of entries.
	maxScan = 64 << 20
)

// Page is what one search found.
type Page struct {
	Reports []audit.Report // newest first, without Policies
	Next    string         // where the next search goes on; "" at the end
}

// found is a record that matches.
type found struct {
	position
	entry audit.Entry
}

// Search finds at most limit records, newest first, from after on ("" for the
// newest). One search reads a bounded part of the journal: a page may be short,
// or empty, and have a next one. What was written on this node before the call
// is found; of other nodes, what is older than about a second.
func (j *Journal) Search(ctx context.Context, q Query, limit int, after string) (Page, error) {
	from := position{at: math.MaxInt64}
	if after != "" {
		var err error
		if from, err = parsePosition(after); err != nil {
			return Page{}, err
		}
	}
	if err := j.Flush(ctx); err != nil {
		return Page{}, err
	}
	list, next, err := j.search(ctx, &q, min(max(limit, 1), MaxPage), from, nil)
	if err != nil {
		return Page{}, err
	}
	page := Page{Reports: make([]audit.Report, 0, len(list))}
	for _, f := range list {
		r, err := f.entry.Report()
		if err != nil {
			return Page{}, err
		}
		r.Policies = nil
		page.Reports = append(page.Reports, r)
	}
	if next != nil {
		page.Next = next.text()
	}
	return page, nil
}

// search finds the records behind from; of a block that is in seen, only so many
// of its first ones, and of others, if seen is not nil, none.
func (j *Journal) search(ctx context.Context, q *Query, limit int, from position, seen map[string]int) (list []found, next *position, err error) {
	bounded := *q
	if horizon := time.UnixMilli(j.horizon()); bounded.Since.Before(horizon) {
		bounded.Since = horizon
	}
	until := floorMillis(from.at)
	if !q.Until.IsZero() {
		until = min(until, q.Until.UnixMilli())
	}
	// The best so far, in order. Blocks come by their newest record: the search is
	// over when the next one has none that is newer than the last of a full list.
	var best []found
	var bound *position // the last of a full list: what does not come before it is not wanted
	keep := func() {
		if best = newest(best, limit); len(best) == limit {
			last := best[limit-1].position
			bound = &last
		}
	}
	scanned := 0
	for b, err := range j.timeline(ctx, bounded.Since.UnixMilli(), until) {
		if err != nil {
			return nil, nil, err
		}
		if bound != nil && b.Newest < floorMillis(bound.at) {
			break
		}
		// What no later block can have is complete. The next search goes on there, if
		// that is further than where this one began.
		if edge := (position{at: (b.Newest + 1) * int64(time.Millisecond)}); scanned >= j.maxScan && from.before(edge) {
			best = slices.DeleteFunc(best, func(f found) bool { return !f.before(edge) })
			return best, &edge, nil
		}
		first := math.MaxInt
		if seen != nil {
			first = seen[b.ID]
		}
		if first == 0 {
			continue
		}
		entries, err := read(ctx, j.db, b.ID)
		if err != nil {
			return nil, nil, err
		}
		scanned += len(entries)
		for i, e := range entriesOf(entries) {
			if i >= first {
				break
			}
			h, ok := e.Head()
			at := position{h.At, b.ID, i}
			if !ok || !from.before(at) || bound != nil && !at.before(*bound) || !bounded.matches(&h) {
				continue
			}
			if best = append(best, found{at, e}); len(best) >= 2*limit {
				keep()
			}
		}
		keep()
	}
	return best, bound, nil
}

// newest sorts list and keeps at most limit of it.
func newest(list []found, limit int) []found {
	slices.SortFunc(list, func(a, b found) int { return a.compare(b.position) })
	return list[:min(len(list), limit)]
}

// entriesOf are the entries of a block with their places in it.
func entriesOf(entries []byte) func(yield func(int, audit.Entry) bool) {
	return func(yield func(int, audit.Entry) bool) {
		for i := 0; ; i++ {
			e, rest, ok := audit.NextEntry(entries)
			if !ok || !yield(i, e) {
				return
			}
			entries = rest
		}
	}
}

// timeline are the blocks that have records between since and until (Unix
// milliseconds), by their newest, that first.
func (j *Journal) timeline(ctx context.Context, since, until int64) func(yield func(*block, error) bool) {
	return func(yield func(*block, error) bool) {
		last := block{Newest: math.MaxInt64}
		for {
			list, err := blocks.List(ctx, j.db, timeline, since, until, last.Newest, last.ID, metas)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, b := range list {
				if !yield(b, nil) {
					return
				}
				last = *b
			}
			if len(list) < metas {
				return
			}
		}
	}
}

// MinPrefix is how much of a request's id finds it, in characters.
const MinPrefix = 8

// longest is the time that a request can take: what it did on its way has no
// later time than its own and this.
const longest = 20 * time.Minute

// Find returns all that is kept of the request with that id, or of those whose
// ids begin so, oldest first.
func (j *Journal) Find(ctx context.Context, id string) ([]audit.Report, error) {
	if len(id) < MinPrefix || !j.Keeps() {
		return nil, nil
	}
	if err := j.Flush(ctx); err != nil {
		return nil, err
	}
	var list []audit.Report
	until := int64(math.MinInt64) // nothing of the request is older
	for b, err := range j.timeline(ctx, j.horizon(), math.MaxInt64) {
		if err != nil {
			return nil, err
		}
		if b.Newest < until {
			break
		}
		entries, err := read(ctx, j.db, b.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range entriesOf(entries) {
			h, ok := e.Head()
			if !ok || len(h.ID) < len(id) || string(h.ID[:len(id)]) != id {
				continue
			}
			r, err := e.Report()
			if err != nil {
				return nil, err
			}
			list = append(list, r)
			if until = floorMillis(h.At); string(h.Plane) == audit.PlaneProgram {
				until -= longest.Milliseconds()
			}
		}
	}
	slices.SortStableFunc(list, func(a, b audit.Report) int { return a.At.Compare(b.At) })
	return list, nil
}
