package function

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

// prepareTime bounds the way of a package from the database to the folder.
const prepareTime = time.Minute

// prepare makes ready what the runner needs, once per version and node: the
// code unpacked, the environment opened. Those who ask meanwhile wait for the one.
func (s *Service) prepare(ctx context.Context, v *version) (*runner.Function, error) {
	done := s.preparing.DoChan(v.id, func() (any, error) {
		if f := v.prepared.Load(); f != nil {
			return f, nil
		}
		// Not the first caller's ctx: the others would fail with it.
		ctx, cancel := context.WithTimeout(s.life, prepareTime)
		defer cancel()
		f, err := s.assemble(ctx, v)
		if err == nil {
			v.prepared.Store(f)
		}
		return f, err
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*runner.Function), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Service) assemble(ctx context.Context, v *version) (*runner.Function, error) {
	sha := v.config.CodeSHA256
	if !s.code.has(sha) {
		archive, err := readCode(ctx, s.db, sha)
		if err != nil {
			return nil, err
		}
		if hashOf(archive) != sha {
			return nil, fmt.Errorf("function: the package of %s in the database is not the one that was uploaded", v.id)
		}
		if err := s.code.put(sha, archive); err != nil {
			return nil, err
		}
	}
	environment, err := s.openEnvironment(v.at, &v.config)
	if err != nil {
		return nil, err
	}
	return &runner.Function{
		ID: v.id, Name: v.at.name, Version: v.label, Region: v.at.region, Role: v.config.Role, Dir: s.code.path(sha), Runtime: v.config.Runtime, Handler: v.config.Handler,
		Environment: environment, MemoryMB: int(v.config.MemoryMB), Timeout: time.Duration(v.config.Timeout) * time.Second,
	}, nil
}
