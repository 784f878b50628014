package userpool

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TakeImport makes an import that waits for its start this process's, and
// returns what does the next rows of it.
func (s *Service) TakeImport(ctx context.Context, poolID, id string) (step func() error, err error) {
	if err := s.follow(ctx); err != nil {
		return nil, err
	}
	j, err := importTable.Update(ctx, s.db, func(j *ImportJob) error {
		j.Status, j.Started = types.UserImportJobStatusTypeInProgress, s.clock.Now()
		j.Runner, j.Lease = s.imports.id, s.clock.Now().Add(importLease).UnixMilli()
		return nil
	}, poolID, id)
	if err != nil {
		return nil, err
	}
	run := s.newImportRun(ctx, j)
	return func() error {
		_, err := run.step(ctx)
		return err
	}, nil
}

// RunImports works on the jobs there are, as happens every few seconds.
func (s *Service) RunImports(ctx context.Context) error { return s.runWaiting(ctx) }

// Uploaded is what the database holds of the files of a pool's imports.
func (s *Service) Uploaded(ctx context.Context, poolID string) (sealed []byte, err error) {
	parts, err := partTable.List(ctx, s.db, ofPool, poolID)
	for _, p := range parts {
		sealed = append(sealed, p.Sealed...)
	}
	return sealed, err
}
