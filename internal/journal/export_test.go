package journal

import (
	"context"

	"github.com/sallyport/sallyport/internal/store"
)

// Size is what the journal takes in the database.
func Size(ctx context.Context, db *store.DB) (rows, records, bytes int, err error) {
	list, err := blocks.List(ctx, db, "")
	for _, b := range list {
		rows, records, bytes = rows+1, records+b.Records, bytes+b.Bytes
	}
	return rows, records, bytes, err
}

// SpoilForTest makes every block one of another format.
func SpoilForTest(ctx context.Context, db *store.DB, format int) error {
	list, err := contents.List(ctx, db, "")
	for _, r := range list {
		if _, err := contents.Update(ctx, db, func(r *records) error { r.Format = format; return nil }, r.ID); err != nil {
			return err
		}
	}
	return err
}

func (j *Journal) PruneForTest(ctx context.Context) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	return j.prune(ctx)
}

// ScanForTest makes searches end after so many bytes.
func (j *Journal) ScanForTest(bytes int) { j.maxScan = bytes }

// DiscardForTest forgets what waits, and keeps its room.
func (j *Journal) DiscardForTest() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.waiting {
		j.waiting[k] = j.waiting[k][:0]
	}
}
