package userpool_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool"
)

const annsFile = "cognito:username,email,email_verified,cognito:mfa_enabled\nann,ann@example.com,true,false\n"

func TestUploadsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool, other := w.pool(nil), w.pool(nil)
	j, theirs := w.newImport(pool), w.newImport(other)
	good, foreign := *j.PreSignedUrl, *theirs.PreSignedUrl
	_, query, _ := strings.Cut(foreign, "?")
	bare, own, _ := strings.Cut(good, "?")
	for name, c := range map[string]struct {
		url    string
		body   io.Reader
		status int
	}{
		"no signature":                {bare, strings.NewReader(annsFile), 403},
		"another job's signature":     {bare + "?" + query, strings.NewReader(annsFile), 403},
		"another time":                {strings.Replace(good, "Expires=", "Expires=9", 1), strings.NewReader(annsFile), 403},
		"another job":                 {strings.Replace(bare, *j.JobId, *theirs.JobId, 1) + "?" + own, strings.NewReader(annsFile), 403},
		"another pool":                {strings.Replace(good, *pool.Id, *other.Id, 1), strings.NewReader(annsFile), 403},
		"an empty file":               {good, strings.NewReader(""), 400},
		"too large, as it says":       {good, bytes.NewReader(make([]byte, 100<<20+1)), 413},
		"too large, without a length": {good, io.MultiReader(bytes.NewReader(make([]byte, 100<<20)), strings.NewReader("x")), 413},
	} {
		if status := w.put(c.url, c.body); status != c.status {
			t.Errorf("%s: %d, want %d", name, status, c.status)
		}
	}
	if answer := must(http.Get(good))(t); answer.StatusCode != 405 {
		t.Errorf("GET is answered %d", answer.StatusCode)
	}
	if n := w.rows("user_pool_import_parts"); n != 0 {
		t.Errorf("%d parts of refused files are left", n)
	}
	refused(t, w.startImport(j), "PreconditionNotMetException", "The user import job has no file yet: put one at its PreSignedUrl.")

	// A file may be put again, and the last one counts.
	for _, file := range []string{"bad", annsFile} {
		if status := w.put(good, strings.NewReader(file)); status != 200 {
			t.Errorf("put: %d", status)
		}
	}
	if n := w.rows("user_pool_import_parts"); n != 1 {
		t.Errorf("%d parts are kept of two files", n)
	}
	if sealed := must(w.service.Uploaded(context.Background(), *pool.Id))(t); len(sealed) == 0 || bytes.Contains(sealed, []byte("ann")) {
		t.Errorf("the file lies open in the database: %q", sealed)
	}
	w.clock.Advance(16 * time.Minute)
	if status := w.put(good, strings.NewReader(annsFile)); status != 403 {
		t.Errorf("put late: %d", status)
	}
	if err := w.startImport(j); err != nil {
		t.Fatal(err)
	}
	if got := counts(w.ended(j)); got != "Succeeded 1 imported 0 skipped 0 failed" {
		t.Error(got)
	}
	if status := w.put(*w.newImport(pool).PreSignedUrl+"&x=y", strings.NewReader(annsFile)); status != 200 {
		t.Errorf("put beside another parameter: %d", status)
	}
	refused(t, w.startImport(j), "PreconditionNotMetException", "The user import job is Succeeded and cannot be started.")
}

func TestImportJobsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	for _, in := range []idp.CreateUserImportJobInput{
		{JobName: aws.String("x!"), CloudWatchLogsRoleArn: aws.String(logRole)},
		{JobName: aws.String(strings.Repeat("x", 129)), CloudWatchLogsRoleArn: aws.String(logRole)},
		{JobName: aws.String("x"), CloudWatchLogsRoleArn: aws.String("role")},
	} {
		in.UserPoolId = pool.Id
		_, err := w.CreateUserImportJob(ctx, &in)
		refused(t, err, "InvalidParameterException", "")
	}
	j := w.newImport(pool)
	_, err := w.DescribeUserImportJob(ctx, &idp.DescribeUserImportJobInput{UserPoolId: other.Id, JobId: j.JobId})
	refused(t, err, "ResourceNotFoundException", "")
	_, err = w.StopUserImportJob(ctx, &idp.StopUserImportJobInput{UserPoolId: pool.Id, JobId: j.JobId})
	refused(t, err, "PreconditionNotMetException", "The user import job is Created and cannot be stopped.")
	w.put(*j.PreSignedUrl, strings.NewReader(annsFile))
	w.clock.Advance(24 * time.Hour)
	refused(t, w.startImport(j), "PreconditionNotMetException", "The user import job has expired.")
	w.sweep()
	if got := w.importState(j); got.Status != "Expired" || *got.CompletionMessage != "The user import job has expired." || w.rows("user_pool_import_parts") != 0 {
		t.Errorf("%+v", got)
	}
	for range 2 {
		w.newImport(pool)
	}
	first := must(w.ListUserImportJobs(ctx, &idp.ListUserImportJobsInput{UserPoolId: pool.Id, MaxResults: aws.Int32(2)}))(t)
	rest := must(w.ListUserImportJobs(ctx, &idp.ListUserImportJobsInput{UserPoolId: pool.Id, MaxResults: aws.Int32(2), PaginationToken: first.PaginationToken}))(t)
	if len(first.UserImportJobs) != 2 || len(rest.UserImportJobs) != 1 || rest.PaginationToken != nil {
		t.Errorf("pages of %d and %d", len(first.UserImportJobs), len(rest.UserImportJobs))
	}
	_, err = w.ListUserImportJobs(ctx, &idp.ListUserImportJobsInput{UserPoolId: pool.Id, MaxResults: aws.Int32(61)})
	refused(t, err, "InvalidParameterException", "")
}

// A process that dies between two transactions leaves a job that another one
// goes on with: nobody is missing and nobody is there twice.
func TestImportsGoOnAfterACrash(t *testing.T) { onEveryEngine(t, importsGoOnAfterACrash) }

func importsGoOnAfterACrash(t *testing.T, w *world) {
	ctx := context.Background()
	pool := w.pool(nil)
	const n = 130
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("user%d,\"A name,\nof two lines\",user%d@example.com,true,,,false", i, i)
	}
	j := w.newImport(pool)
	if status := w.put(*j.PreSignedUrl, strings.NewReader(people(rows...))); status != 200 {
		t.Fatal(status)
	}
	dead := must(userpool.New(w.config))(t) // it never starts: what it does is done here
	step := must(dead.TakeImport(ctx, *pool.Id, *j.JobId))(t)
	for range 2 {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if got := counts(w.importState(j)); got != "InProgress 100 imported 0 skipped 0 failed" {
		t.Errorf("at the crash: %s", got)
	}
	second := w.newImport(pool)
	w.put(*second.PreSignedUrl, strings.NewReader(annsFile))
	refused(t, w.startImport(second), "PreconditionNotMetException", "Another user import job of the user pool is under way.")
	if err := w.service.RunImports(ctx); err != nil { // the dead one may be slow, not dead
		t.Fatal(err)
	}
	if got := counts(w.importState(j)); got != "InProgress 100 imported 0 skipped 0 failed" {
		t.Errorf("while it may live: %s", got)
	}
	w.clock.Advance(2 * time.Minute)
	if err := w.service.RunImports(ctx); err != nil {
		t.Fatal(err)
	}
	if got := counts(w.ended(j)); got != fmt.Sprintf("Succeeded %d imported 0 skipped 0 failed", n) {
		t.Errorf("after it: %s", got)
	}
	// What the slow one had at hand comes to nothing.
	if err := step(); err != nil {
		t.Fatal(err)
	}
	if got := counts(w.importState(j)); got != fmt.Sprintf("Succeeded %d imported 0 skipped 0 failed", n) {
		t.Errorf("after the slow one: %s", got)
	}
	if got := must(w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.EstimatedNumberOfUsers; got != n {
		t.Errorf("%d users", got)
	}
}

func TestImportsAreStopped(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	rows := make([]string, 120)
	for i := range rows {
		rows[i] = fmt.Sprintf("user%d,,user%d@example.com,true,,,false", i, i)
	}
	j := w.newImport(pool)
	w.put(*j.PreSignedUrl, strings.NewReader(people(rows...)))
	runner := must(userpool.New(w.config))(t)
	step := must(runner.TakeImport(ctx, *pool.Id, *j.JobId))(t)
	if err := step(); err != nil {
		t.Fatal(err)
	}
	stop := func() (*types.UserImportJobType, error) {
		out, err := w.StopUserImportJob(ctx, &idp.StopUserImportJobInput{UserPoolId: pool.Id, JobId: j.JobId})
		if err != nil {
			return nil, err
		}
		return out.UserImportJob, nil
	}
	if got := counts(must(stop())(t)); got != "Stopping 50 imported 0 skipped 0 failed" {
		t.Error(got)
	}
	if err := step(); err != nil {
		t.Fatal(err)
	}
	if got := counts(w.importState(j)); got != "Stopped 50 imported 0 skipped 0 failed" || w.rows("user_pool_import_parts") != 0 {
		t.Error(got)
	}
	_, err := stop()
	refused(t, err, "PreconditionNotMetException", "")
}

// A file is untrusted bytes: whatever it holds, the job ends, by AWS's words.
func FuzzImportedFiles(f *testing.F) {
	for _, seed := range []string{annsFile, people("ann,Ann,ann@example.com,true,,,false"), "\xef\xbb\xbf" + annsFile, "a,\"b\nc", "\"", ",,,\n,,\n", annsFile + "\"x\"y,,,\n", annsFile + "b,\"\",true,false\n"} {
		f.Add([]byte(seed))
	}
	w := newWorld(f)
	var pool *types.UserPoolType
	jobs := 0
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) == 0 {
			return
		}
		w.t = t
		if jobs++; jobs%500 == 1 { // a pool has a bounded number of jobs
			pool = w.pool(nil)
		}
		j := w.newImport(pool)
		if status := w.put(*j.PreSignedUrl, bytes.NewReader(file)); status != 200 {
			t.Fatal(status)
		}
		if err := w.startImport(j); err != nil {
			t.Fatal(err)
		}
		if got := w.ended(j); got.Status != "Succeeded" && got.Status != "Failed" || got.CompletionMessage == nil {
			t.Errorf("%+v", got)
		}
	})
}
