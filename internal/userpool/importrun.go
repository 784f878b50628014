package userpool

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

// importer is this process, as import jobs know it.
type importer struct {
	id    string
	again chan struct{}
}

func (i *importer) wake() {
	select {
	case i.again <- struct{}{}:
	default: // it is awake
	}
}

const (
	rowsAtOnce   = 50
	importLease  = time.Minute
	lookForJobs  = 15 * time.Second
	toldFailures = 1000 // rows of a job that the log tells of
)

// runImports works on import jobs, one after the other, until ctx ends.
func (s *Service) runImports(ctx context.Context) {
	tick := time.NewTicker(lookForJobs)
	defer tick.Stop()
	for {
		if err := s.runWaiting(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("an import of users was interrupted; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.imports.again:
		}
	}
}

func (s *Service) runWaiting(ctx context.Context) error {
	var failed []error
	for _, status := range []types.UserImportJobStatusType{types.UserImportJobStatusTypeStopping, types.UserImportJobStatusTypeInProgress, types.UserImportJobStatusTypePending} {
		jobs, err := importTable.List(ctx, s.db, importsOfStatus, string(status))
		failed = append(failed, err)
		for _, j := range jobs {
			failed = append(failed, s.takeJob(ctx, j))
		}
	}
	return errors.Join(failed...)
}

// takeJob runs a job that no living process has.
func (s *Service) takeJob(ctx context.Context, known *ImportJob) error {
	var job *ImportJob
	err := s.changeJob(ctx, known, func(tx *store.Tx, j *ImportJob) error {
		job = nil
		now := s.clock.Now()
		if !j.active() || j.Runner != "" && j.Runner != s.imports.id && now.UnixMilli() < j.Lease {
			return nil
		}
		if j.Status == types.UserImportJobStatusTypeStopping {
			j.end(types.UserImportJobStatusTypeStopped, importStopped, now)
			return dropFile(ctx, tx, j)
		}
		j.Status, j.Runner, j.Lease = types.UserImportJobStatusTypeInProgress, s.imports.id, now.Add(importLease).UnixMilli()
		copied := *j
		job = &copied
		return nil
	})
	if err != nil || job == nil {
		return err
	}
	r := s.newImportRun(ctx, job)
	for {
		more, err := r.step(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// importRun is a job under way in this process.
type importRun struct {
	service *Service
	job     *ImportJob
	limit   *rowLimit
	rows    *csv.Reader
	base    int64 // where in the file rows began to read
	told    int
}

func (s *Service) newImportRun(ctx context.Context, j *ImportJob) *importRun {
	r := &importRun{service: s, job: j, base: j.Offset}
	r.limit = &rowLimit{from: &uploadReader{service: s, ctx: ctx, upload: j.Upload, offset: j.Offset}}
	r.limit.begin()
	// csv.NewReader uses a buffered reader as it is: its bytes are counted in begin.
	buffered := bufio.NewReaderSize(r.limit, readAhead)
	if j.Offset == 0 {
		if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) { // spreadsheets write one
			_, _ = buffered.Discard(3)
			r.base = 3
		}
	}
	r.rows = csv.NewReader(buffered)
	r.rows.FieldsPerRecord = -1
	return r
}

const readAhead = 4096

var errRowTooLong = errors.New("userpool: a row of an import is too long")

// rowLimit ends a file whose next row does not end: csv.Reader holds a whole row in memory.
type rowLimit struct {
	from io.Reader
	left int
}

func (l *rowLimit) begin() { l.left = maxRow + readAhead }

func (l *rowLimit) Read(into []byte) (int, error) {
	if l.left == 0 {
		return 0, errRowTooLong
	}
	n, err := l.from.Read(into[:min(len(into), l.left)])
	l.left -= n
	return n, err
}

// read returns the next row; an errRow for one that is no CSV.
func (r *importRun) read() ([]string, error) {
	r.limit.begin()
	began := r.rows.InputOffset()
	row, err := r.rows.Read()
	broken := (*csv.ParseError)(nil)
	switch {
	case errors.As(err, &broken):
		return nil, errRow("The row is not CSV: its quotes do not match.")
	case err == nil && r.rows.InputOffset()-began > maxRow:
		return nil, errRowTooLong
	}
	return row, err
}

// candidate is a row: a user, or why there is none.
type candidate struct {
	user *User
	why  error
}

// step does some rows and keeps how far it came, in one transaction. more says
// that there is something left for this process to do.
func (r *importRun) step(ctx context.Context) (more bool, err error) {
	s, j := r.service, r.job
	p := s.current.Load().pools[j.PoolID]
	if p == nil {
		return false, nil // deleted, and the job with it
	}
	header, rows := j.Header, j.Rows
	if header == nil {
		first, err := r.read()
		if err == nil {
			if why := p.checkHeader(first); why != "" {
				return false, r.give(ctx, why)
			}
			header, rows = slices.Clone(first), 1
		} else if reason := hopeless(err); reason != "" {
			return false, r.give(ctx, reason)
		} else {
			return false, err
		}
	}
	var list []candidate
	done := false
	for len(list) < rowsAtOnce && !done {
		row, err := r.read()
		switch reason := hopeless(err); {
		case errors.Is(err, io.EOF):
			done = true
			continue
		case errors.As(err, new(errRow)):
			list = append(list, candidate{why: err})
		case reason != "":
			return false, r.give(ctx, reason)
		case err != nil:
			return false, err
		case rows+int64(len(list)) > maxImported:
			return false, r.give(ctx, importUsersMost)
		default:
			u, err := s.importedUser(p.Pool, header, row, s.clock.Now())
			if err != nil && !errors.As(err, new(errRow)) {
				return false, err
			}
			list = append(list, candidate{u, err})
		}
	}
	return r.keep(ctx, header, rows, list, done)
}

// hopeless is why a file cannot be read on, or "": then it may be tried again.
func hopeless(err error) string {
	switch {
	case errors.Is(err, errRowTooLong):
		return importRowTooBig
	case errors.Is(err, errFileGone):
		return importFileGone
	case errors.Is(err, io.EOF):
		return "The file has no header."
	case errors.As(err, new(errRow)):
		return "The header of the file is not CSV."
	}
	return ""
}

// keep writes the users of some rows, and how far the file is done, together.
func (r *importRun) keep(ctx context.Context, header []string, rows int64, list []candidate, done bool) (more bool, err error) {
	s, now := r.service, r.service.clock.Now()
	var after *ImportJob
	var reasons []error
	err = s.changeJob(ctx, r.job, func(tx *store.Tx, j *ImportJob) error {
		after, reasons = nil, make([]error, len(list))
		if j.Runner != s.imports.id || j.Offset != r.job.Offset || !j.active() {
			return nil // another process has it now
		}
		after = j
		if j.Status == types.UserImportJobStatusTypeStopping {
			j.end(types.UserImportJobStatusTypeStopped, importStopped, now)
			return dropFile(ctx, tx, j)
		}
		p, err := poolTable.Get(ctx, tx, j.PoolID)
		if err != nil {
			return err
		}
		for i, c := range list {
			reasons[i] = c.why
			if c.why == nil {
				reasons[i] = admitImported(ctx, tx, p, c.user)
			}
			switch why := reasons[i]; {
			case why == nil:
				j.Imported++
			case errors.Is(why, errThere):
				j.Skipped++
			case errors.As(why, new(errRow)):
				j.Failed++
			default:
				return why
			}
		}
		j.Header, j.Rows, j.Offset = header, rows+int64(len(list)), r.base+r.rows.InputOffset()
		j.Lease = now.Add(importLease).UnixMilli()
		if !done {
			return nil
		}
		status, message := types.UserImportJobStatusTypeSucceeded, importDone
		if j.Imported == 0 && j.Skipped+j.Failed > 0 {
			status, message = types.UserImportJobStatusTypeFailed, importTooMany
		}
		j.end(status, message, now)
		return dropFile(ctx, tx, j)
	})
	if err != nil || after == nil {
		return false, err
	}
	copied := *after
	r.job = &copied
	r.tell(rows, reasons)
	return after.active(), nil
}

// tell logs why rows made no users: their number and a reason, nothing of them.
func (r *importRun) tell(rows int64, reasons []error) {
	log := r.service.log.With("pool", r.job.PoolID, "job", r.job.ID)
	for i, why := range reasons {
		if why == nil {
			continue
		}
		if r.told++; r.told <= toldFailures {
			log.Info("a row of an import made no user", "row", rows+int64(i)+1, "reason", why.Error())
		} else if r.told == toldFailures+1 {
			log.Info("more rows of the import made no users")
		}
	}
	if !r.job.active() {
		log.Info("an import of users ended", "status", r.job.Status, "message", r.job.Message, "imported", r.job.Imported, "skipped", r.job.Skipped, "failed", r.job.Failed)
	}
}

// give up on a file; the users who are in stay.
func (r *importRun) give(ctx context.Context, why string) error {
	return r.service.changeJob(ctx, r.job, func(tx *store.Tx, j *ImportJob) error {
		if j.Runner != r.service.imports.id || !j.active() {
			return nil
		}
		j.end(types.UserImportJobStatusTypeFailed, why, r.service.clock.Now())
		r.service.log.Info("an import of users failed", "pool", j.PoolID, "job", j.ID, "reason", why)
		return dropFile(ctx, tx, j)
	})
}
