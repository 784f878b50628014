package journal

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

const (
	followEvery = 250 * time.Millisecond
	// lateness is how far the clocks of nodes may be apart: what was written longer
	// ago is no news.
	lateness = 30 * time.Second
)

// Follow hands to emit the newest backlog records that match, and then, until
// ctx ends, the ones that come: those of this node at once, those of others
// within about a second. Each is handed out once, oldest first as far as they
// come together; emit may be given none, as a sign of life. It ends with the
// error of emit, of ctx, or of the database.
func (j *Journal) Follow(ctx context.Context, q Query, backlog int, emit func([]audit.Report) error) error {
	if err := j.Flush(ctx); err != nil {
		return err
	}
	// What there is at this moment is the backlog; of each block, what comes
	// behind that is new.
	seen := map[string]int{}
	for b, err := range j.timeline(ctx, j.horizon(), math.MaxInt64) {
		if err != nil {
			return err
		}
		seen[b.ID] = b.Records
	}
	var list []found
	if backlog > 0 {
		var err error
		if list, _, err = j.search(ctx, &q, min(backlog, MaxPage), position{at: math.MaxInt64}, seen); err != nil {
			return err
		}
	}
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		reports, err := told(list)
		if err != nil {
			return err
		}
		if err := emit(reports); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if list, err = j.news(ctx, &q, seen); err != nil {
			return err
		}
	}
}

func told(list []found) ([]audit.Report, error) {
	slices.SortFunc(list, func(a, b found) int { return b.compare(a.position) })
	reports := make([]audit.Report, 0, len(list))
	for _, f := range list {
		r, err := f.entry.Report()
		if err != nil {
			return nil, err
		}
		r.Policies = nil
		reports = append(reports, r)
	}
	return reports, nil
}

// news are the matching records that came since seen was true, which it then is
// again.
func (j *Journal) news(ctx context.Context, q *Query, seen map[string]int) ([]found, error) {
	if err := j.Flush(ctx); err != nil {
		return nil, err
	}
	fresh, err := blocks.List(ctx, j.db, lately, time.Now().Add(-lateness).UnixMilli())
	if err != nil {
		return nil, err
	}
	var list []found
	for _, b := range fresh {
		if seen[b.ID] >= b.Records {
			continue
		}
		entries, err := read(ctx, j.db, b.ID)
		if err != nil {
			return nil, err
		}
		i := 0
		for at, e := range entriesOf(entries) {
			i = at + 1
			h, ok := e.Head()
			if ok && at >= seen[b.ID] && q.matches(&h) {
				list = append(list, found{position{h.At, b.ID, at}, e})
			}
		}
		seen[b.ID] = max(i, seen[b.ID])
	}
	if len(seen) > maxSeen {
		return list, j.forgetGone(ctx, seen)
	}
	return list, nil
}

// maxSeen is with how many blocks somebody who follows looks which are still there.
const maxSeen = 20_000

func (j *Journal) forgetGone(ctx context.Context, seen map[string]int) error {
	there := map[string]bool{}
	for b, err := range j.timeline(ctx, math.MinInt64, math.MaxInt64) {
		if err != nil {
			return err
		}
		there[b.ID] = true
	}
	maps.DeleteFunc(seen, func(id string, _ int) bool { return !there[id] })
	return nil
}
