package store

import (
	"context"
	"errors"
)

func openPostgres(ctx context.Context, address string) (engine, error) {
	return nil, errors.New("postgres comes next")
}
