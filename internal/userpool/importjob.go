package userpool

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// ImportJob brings users into a pool from a CSV file:
//
//	CreateUserImportJob -> a link -> PUT the file -> parts, sealed      importupload.go
//	StartUserImportJob  -> a node takes the job -> rows, some at a time -> users, RESET_REQUIRED    importrun.go, importrow.go
//
// Users and how far the file was read are written together: a job goes on after
// a crash, on any node, and makes nobody twice. The file goes when the job ends.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
type ImportJob struct {
	PoolID  string
	ID      string
	Name    string
	LogRole string // checked and shown; what fails is told in this server's own log
	Status  types.UserImportJobStatusType

	Created, Started, Completed time.Time
	Message                     string
	Imported, Skipped, Failed   int64

	Upload string   `json:",omitempty"` // names the parts of the file
	Header []string `json:",omitempty"`
	Offset int64    // bytes of the file that are done
	Rows   int64    // and rows, with the header

	Runner string `json:",omitempty"` // the process that has the job, until Lease
	Lease  int64  // Unix milliseconds
}

const (
	maxImportJobs   = 1000 // a pool
	uploadFor       = 15 * time.Minute
	jobWaits        = 24 * time.Hour // for its start; AWS lets it wait 24 to 48 hours
	importDone      = "Import Job Completed Successfully."
	importTooMany   = "Too many users have failed or been skipped during the import."
	importExpired   = "The user import job has expired."
	importStopped   = "The user import job was stopped."
	importFileGone  = "The uploaded file is not there any more."
	importRowTooBig = "A row of the file is longer than 16000 characters."
	importUsersMost = "The file has more than 500000 users."
)

func (s *Service) importOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onPool(s, "GetCSVHeader", s.GetCSVHeader, func(in *idp.GetCSVHeaderInput) *string { return in.UserPoolId }),
		onPool(s, "CreateUserImportJob", s.CreateUserImportJob, func(in *idp.CreateUserImportJobInput) *string { return in.UserPoolId }, "JobName", "CloudWatchLogsRoleArn"),
		onPool(s, "DescribeUserImportJob", s.DescribeUserImportJob, func(in *idp.DescribeUserImportJobInput) *string { return in.UserPoolId }, "JobId"),
		onPool(s, "ListUserImportJobs", s.ListUserImportJobs, func(in *idp.ListUserImportJobsInput) *string { return in.UserPoolId }, "MaxResults"),
		onPool(s, "StartUserImportJob", s.StartUserImportJob, func(in *idp.StartUserImportJobInput) *string { return in.UserPoolId }, "JobId"),
		onPool(s, "StopUserImportJob", s.StopUserImportJob, func(in *idp.StopUserImportJobInput) *string { return in.UserPoolId }, "JobId"),
	}
}

func noImport(id *string) error {
	return noResource("The user import job " + deref(id) + " does not exist.")
}

func notNow(text string) error { return &types.PreconditionNotMetException{Message: &text} }

// expired says whether a job was never started, and now cannot be.
func (j *ImportJob) expired(now time.Time) bool {
	return j.Status == types.UserImportJobStatusTypeCreated && !now.Before(j.Created.Add(jobWaits))
}

// active says whether the job is under way, or about to be.
func (j *ImportJob) active() bool {
	switch j.Status {
	case types.UserImportJobStatusTypePending, types.UserImportJobStatusTypeInProgress, types.UserImportJobStatusTypeStopping:
		return true
	}
	return false
}

// end ends the job; its file goes in the same transaction.
func (j *ImportJob) end(status types.UserImportJobStatusType, message string, now time.Time) {
	j.Status, j.Message, j.Completed = status, message, now
	j.Runner, j.Lease = "", 0
}

func (s *Service) importShape(j *ImportJob) *types.UserImportJobType {
	out := &types.UserImportJobType{
		UserPoolId: &j.PoolID, JobId: &j.ID, JobName: &j.Name, CloudWatchLogsRoleArn: &j.LogRole, Status: j.Status, CreationDate: &j.Created,
		ImportedUsers: j.Imported, SkippedUsers: j.Skipped, FailedUsers: j.Failed, CompletionMessage: optional(j.Message),
	}
	if !j.Started.IsZero() {
		out.StartDate = &j.Started
	}
	if !j.Completed.IsZero() {
		out.CompletionDate = &j.Completed
	}
	if j.Status == types.UserImportJobStatusTypeCreated {
		out.PreSignedUrl = ptr(s.uploadLink(j))
	}
	return out
}

// CreateUserImportJob makes a job and says where its file is to be put.
func (s *Service) CreateUserImportJob(ctx context.Context, call *access.Call, in *idp.CreateUserImportJobInput) (*idp.CreateUserImportJobOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	role := deref(in.CloudWatchLogsRoleArn)
	switch {
	case utf8.RuneCountInString(deref(in.JobName)) > 128 || !namePattern.MatchString(deref(in.JobName)):
		return nil, invalid("JobName must have 1 to 128 characters: letters, digits, space and + = , . @ - _")
	case !strings.HasPrefix(role, "arn:aws:iam::") || !strings.Contains(role, ":role/") || len(role) > maxValue:
		return nil, invalid("CloudWatchLogsRoleArn must be the ARN of an IAM role.")
	}
	if call.Caller.Kind != access.Root {
		if v := s.logRoles.MayPass(call, role); !v.Allowed || v.Explicit {
			return nil, awsapi.Denied(call, "iam:PassRole", role, v)
		}
	}
	id, err := randomText(s.random, alphanumeric, 10)
	if err != nil {
		return nil, err
	}
	j := &ImportJob{PoolID: p.ID, ID: "import-" + id, Name: *in.JobName, LogRole: role, Status: types.UserImportJobStatusTypeCreated, Created: call.Time}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, _ *Pool) error {
		n, err := importTable.Count(ctx, tx, ofPool, p.ID)
		if err != nil {
			return err
		}
		if n >= maxImportJobs {
			return tooLarge("A user pool has at most 1000 user import jobs.")
		}
		return importTable.Insert(ctx, tx, j)
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserImportJobOutput{UserImportJob: s.importShape(j)}, nil
}

// importJob finds a job of a pool of the call's region.
func (s *Service) importJob(ctx context.Context, call *access.Call, poolID, id *string) (*ImportJob, error) {
	p, err := s.pool(call, poolID)
	if err != nil {
		return nil, err
	}
	j, err := importTable.Get(ctx, s.db, p.ID, deref(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noImport(id)
	}
	return j, err
}

// DescribeUserImportJob shows how far a job is.
func (s *Service) DescribeUserImportJob(ctx context.Context, call *access.Call, in *idp.DescribeUserImportJobInput) (*idp.DescribeUserImportJobOutput, error) {
	j, err := s.importJob(ctx, call, in.UserPoolId, in.JobId)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeUserImportJobOutput{UserImportJob: s.importShape(j)}, nil
}

// ListUserImportJobs pages through a pool's jobs.
func (s *Service) ListUserImportJobs(ctx context.Context, call *access.Call, in *idp.ListUserImportJobsInput) (*idp.ListUserImportJobsOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if n := deref(in.MaxResults); n < 1 || n > maxPage {
		return nil, invalid("MaxResults must be between 1 and 60.")
	}
	page, err := s.openPage("ListUserImportJobs", p.ID, in.PaginationToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := importTable.List(ctx, s.db, importsAfter, p.ID, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(j *ImportJob) string { return j.ID })
	out := &idp.ListUserImportJobsOutput{PaginationToken: next, UserImportJobs: []types.UserImportJobType{}}
	for _, j := range rows {
		out.UserImportJobs = append(out.UserImportJobs, *s.importShape(j))
	}
	return out, nil
}

// StartUserImportJob begins with the file that was uploaded, if no other job of
// the pool is under way.
func (s *Service) StartUserImportJob(ctx context.Context, call *access.Call, in *idp.StartUserImportJobInput) (*idp.StartUserImportJobOutput, error) {
	j, err := s.changeImport(ctx, call, in.UserPoolId, in.JobId, func(tx *store.Tx, j *ImportJob) error {
		switch {
		case j.Status != types.UserImportJobStatusTypeCreated:
			return notNow("The user import job is " + string(j.Status) + " and cannot be started.")
		case j.expired(call.Time):
			return notNow(importExpired)
		case j.Upload == "":
			return notNow("The user import job has no file yet: put one at its PreSignedUrl.")
		}
		n, err := importTable.Count(ctx, tx, activeImports, j.PoolID)
		if err != nil {
			return err
		}
		if n > 0 {
			return notNow("Another user import job of the user pool is under way.")
		}
		j.Status, j.Started = types.UserImportJobStatusTypePending, call.Time
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.imports.wake()
	return &idp.StartUserImportJobOutput{UserImportJob: s.importShape(j)}, nil
}

// StopUserImportJob stops a job. Users who are in stay.
func (s *Service) StopUserImportJob(ctx context.Context, call *access.Call, in *idp.StopUserImportJobInput) (*idp.StopUserImportJobOutput, error) {
	j, err := s.changeImport(ctx, call, in.UserPoolId, in.JobId, func(tx *store.Tx, j *ImportJob) error {
		switch {
		case !j.active():
			return notNow("The user import job is " + string(j.Status) + " and cannot be stopped.")
		case j.Runner != "":
			j.Status = types.UserImportJobStatusTypeStopping
			return nil
		}
		j.end(types.UserImportJobStatusTypeStopped, importStopped, call.Time)
		return dropFile(ctx, tx, j)
	})
	if err != nil {
		return nil, err
	}
	s.imports.wake()
	return &idp.StopUserImportJobOutput{UserImportJob: s.importShape(j)}, nil
}

func (s *Service) changeImport(ctx context.Context, call *access.Call, poolID, id *string, change func(*store.Tx, *ImportJob) error) (*ImportJob, error) {
	known, err := s.importJob(ctx, call, poolID, id)
	if err != nil {
		return nil, err
	}
	var j *ImportJob
	err = s.writePool(ctx, known.PoolID, func(tx *store.Tx, _ *Pool) (err error) {
		j, err = importTable.Update(ctx, tx, func(j *ImportJob) error { return change(tx, j) }, known.PoolID, known.ID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, noImport(id)
	}
	return j, err
}

// dropFile removes the file of a job.
func dropFile(ctx context.Context, session store.Session, j *ImportJob) error {
	if j.Upload == "" {
		return nil
	}
	_, err := partTable.DeleteWhere(ctx, session, ofUpload, j.Upload)
	j.Upload = ""
	return err
}

func newUploadID(random io.Reader) (string, error) {
	b := make([]byte, 16)
	_, err := io.ReadFull(random, b)
	return hex.EncodeToString(b), err
}
