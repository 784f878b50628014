package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/clock"
)

// OpenReadOnly looks into a database beside the server that has it: it takes no
// lock, runs no migration, and cannot write or follow. A file that does not
// exist is fs.ErrNotExist.
func OpenReadOnly(ctx context.Context, o Options) (*DB, error) {
	var e engine
	var err error
	if o.File != "" {
		e, err = openFileReadOnly(ctx, o.File)
	} else {
		e, err = openEngine(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	return &DB{engine: e, log: slog.New(slog.DiscardHandler), clock: new(clock.Clock), lane: make(chan struct{}, 1)}, nil
}

func openFileReadOnly(ctx context.Context, path string) (engine, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, fmt.Errorf("the database %s cannot be read: %w", path, err)
	}
	at := (&url.URL{Scheme: "file", Path: path, OmitHost: true}).String()
	return openLite(ctx, at+"?mode=ro&_pragma=query_only(1)", newGate(false), nil)
}
