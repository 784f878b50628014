package userpool_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const logRole = "arn:aws:iam::000000000000:role/import"

func (w *world) newImport(pool *types.UserPoolType) *types.UserImportJobType {
	w.t.Helper()
	return must(w.CreateUserImportJob(context.Background(), &idp.CreateUserImportJobInput{
		UserPoolId: pool.Id, JobName: aws.String("first"), CloudWatchLogsRoleArn: aws.String(logRole),
	}))(w.t).UserImportJob
}

func (w *world) put(url string, body io.Reader) int {
	w.t.Helper()
	request := must(http.NewRequest("PUT", url, body))(w.t)
	request.Header.Set("x-amz-server-side-encryption", "aws:kms")
	answer := must(http.DefaultClient.Do(request))(w.t)
	answer.Body.Close()
	return answer.StatusCode
}

func (w *world) startImport(j *types.UserImportJobType) error {
	_, err := w.StartUserImportJob(context.Background(), &idp.StartUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId})
	return err
}

func (w *world) importState(j *types.UserImportJobType) *types.UserImportJobType {
	w.t.Helper()
	return must(w.DescribeUserImportJob(context.Background(), &idp.DescribeUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId}))(w.t).UserImportJob
}

// ended waits for the end of a job.
func (w *world) ended(j *types.UserImportJobType) *types.UserImportJobType {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		switch got := w.importState(j); got.Status {
		case "Pending", "InProgress", "Stopping":
			if time.Now().After(deadline) {
				w.t.Fatalf("the job is still %s", got.Status)
			}
		default:
			return got
		}
	}
}

// imports runs a whole import of a file.
func (w *world) imports(pool *types.UserPoolType, file string) *types.UserImportJobType {
	w.t.Helper()
	j := w.newImport(pool)
	if status := w.put(*j.PreSignedUrl, strings.NewReader(file)); status != 200 {
		w.t.Fatalf("the upload is answered %d", status)
	}
	if err := w.startImport(j); err != nil {
		w.t.Fatal(err)
	}
	return w.ended(j)
}

func counts(j *types.UserImportJobType) string {
	return fmt.Sprintf("%s %d imported %d skipped %d failed", j.Status, j.ImportedUsers, j.SkippedUsers, j.FailedUsers)
}

// people is a file of people, by their rows.
func people(rows ...string) string {
	return "cognito:username,name,email,email_verified,phone_number,phone_number_verified,cognito:mfa_enabled\n" + strings.Join(rows, "\n") + "\n"
}

func TestUsersAreImported(t *testing.T) { onEveryEngine(t, usersAreImported) }

func usersAreImported(t *testing.T, w *world) {
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email"}
		in.Schema = []types.SchemaAttributeType{{Name: aws.String("shoe"), AttributeDataType: "Number"}}
	})
	client := w.client(pool, nil)
	w.user(pool, "there", "email", "taken@example.com", "email_verified", "true")
	header := must(w.GetCSVHeader(ctx, &idp.GetCSVHeaderInput{UserPoolId: pool.Id}))(t).CSVHeader
	for _, name := range []string{"cognito:username", "cognito:mfa_enabled", "email", "email_verified", "custom:shoe"} {
		if !slices.Contains(header, name) {
			t.Errorf("the header lacks %s: %q", name, header)
		}
	}
	if slices.Contains(header, "sub") || slices.Contains(header, "identities") {
		t.Errorf("the header is %q", header)
	}
	var file bytes.Buffer
	file.WriteString("\xef\xbb\xbf") // as spreadsheets write it
	rows := csv.NewWriter(&file)
	must(0, rows.Write(header))(t)
	row := func(values ...string) {
		fields := make([]string, len(header))
		for i := 0; i < len(values); i += 2 {
			fields[slices.Index(header, values[i])] = values[i+1]
		}
		must(0, rows.Write(fields))(t)
	}
	row("cognito:username", "ann", "name", "Ann \"the\" Cook,\nJr.", "email", "ann@example.com", "email_verified", "TRUE", "cognito:mfa_enabled", "false", "custom:shoe", "38")
	row("cognito:username", "bob", "phone_number", "+15550100", "phone_number_verified", "true", "cognito:mfa_enabled", "FALSE", "name", "=cmd|' /C calc'!A0")
	row("cognito:username", "there", "email", "there@example.com", "email_verified", "true", "cognito:mfa_enabled", "false")
	row("cognito:username", "thief", "email", "taken@example.com", "email_verified", "true", "cognito:mfa_enabled", "false")
	row("cognito:username", "ann", "email", "ann2@example.com", "email_verified", "true", "cognito:mfa_enabled", "false")
	row("cognito:username", "unproved", "email", "u@example.com", "email_verified", "false", "cognito:mfa_enabled", "false")
	row("cognito:username", "hollow", "email_verified", "true", "cognito:mfa_enabled", "false")
	row("cognito:username", "badmail", "email", "nowhere", "email_verified", "true", "cognito:mfa_enabled", "false")
	row("cognito:username", "mfa", "phone_number", "+15550101", "phone_number_verified", "true", "cognito:mfa_enabled", "true")
	row("cognito:username", "maybe", "email", "m@example.com", "email_verified", "true")
	row("email", "nameless@example.com", "email_verified", "true", "cognito:mfa_enabled", "false")
	row("cognito:username", "shoes", "email", "s@example.com", "email_verified", "true", "cognito:mfa_enabled", "false", "custom:shoe", "big")
	rows.Flush()
	file.WriteString("too,few\n")
	file.WriteString("wrong \"quotes\n")
	row("cognito:username", "zoe", "email", "zoe@example.com", "email_verified", "true", "cognito:mfa_enabled", "false")
	rows.Flush()

	j := w.imports(pool, file.String())
	if got := counts(j); got != "Succeeded 3 imported 2 skipped 10 failed" {
		t.Errorf("%s: %s", got, aws.ToString(j.CompletionMessage))
	}
	if *j.CompletionMessage != "Import Job Completed Successfully." || j.PreSignedUrl != nil || j.StartDate == nil || j.CompletionDate == nil || *j.CloudWatchLogsRoleArn != logRole {
		t.Errorf("job %+v", j)
	}
	ann := must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("ann@example.com")}))(t)
	if ann.UserStatus != "RESET_REQUIRED" || *ann.Username != "ann" || !ann.Enabled {
		t.Errorf("ann is %+v", ann)
	}
	for _, a := range ann.UserAttributes {
		if *a.Name == "name" && *a.Value != "Ann \"the\" Cook,\nJr." {
			t.Errorf("ann's name is %q", *a.Value)
		}
	}
	if holder := must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("taken@example.com")}))(t); *holder.Username != "there" {
		t.Errorf("the alias went to %s", *holder.Username)
	}
	if n := w.rows("user_pool_import_parts"); n != 0 {
		t.Errorf("%d parts of the file are left", n)
	}
	// They come in by the address that was said to be proved.
	_, err := w.signIn(client, "ann", password)
	refused(t, err, "PasswordResetRequiredException", "Password reset required for the user")
	must(w.ForgotPassword(ctx, &idp.ForgotPasswordInput{ClientId: client.ClientId, Username: aws.String("ann")}))(t)
	must(w.ConfirmForgotPassword(ctx, &idp.ConfirmForgotPasswordInput{ClientId: client.ClientId, Username: aws.String("ann"), ConfirmationCode: aws.String(w.outbox.last(t).Code), Password: aws.String(password)}))(t)
	w.tokens(client, "ann@example.com")
	hiding := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	_, err = w.signIn(hiding, "bob", password)
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
}

func TestImportsWherePeopleAreTheirAddress(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.UsernameAttributes = []types.UsernameAttributeType{"email"}
		in.Schema = []types.SchemaAttributeType{{Name: aws.String("name"), Required: aws.Bool(true)}}
	})
	w.mfa(pool, "OPTIONAL", sms)
	w.user(pool, "there@example.com", "name", "T")
	j := w.imports(pool, people(
		"ann@example.com,Ann,ann@example.com,true,,,false", ",Bob,bob@example.com,true,+15550100,false,true",
		"there@example.com,T,there@example.com,true,,,false", "x@example.com,,x@example.com,true,,,false", "x@example.com,X,y@example.com,true,,,false", "nobody,X,,false,+15550101,true,false",
	))
	if got := counts(j); got != "Succeeded 2 imported 1 skipped 3 failed" {
		t.Errorf("%s: %s", got, *j.CompletionMessage)
	}
	if got := w.settings(pool, "bob@example.com"); !strings.Contains(got, sms) {
		t.Errorf("bob's second factors are %s", got)
	}
}

func TestFilesThatAreNoImport(t *testing.T) {
	w := newWorld(t)
	var log safeLog
	w.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	w = w.node()
	pool := w.pool(nil)
	for name, c := range map[string]struct{ file, why string }{
		"another column":   {"cognito:username,cognito:mfa_enabled,email_verified,secret-column\n", "The header of the file has a column that the user pool does not have. GetCSVHeader shows those it has."},
		"sub":              {"cognito:username,cognito:mfa_enabled,email_verified,sub\n", "The header of the file has a column"},
		"a column twice":   {"cognito:username,email,email,cognito:mfa_enabled,email_verified\n", "The header of the file has the column email twice."},
		"no user names":    {"email,cognito:mfa_enabled,email_verified\n", "The header of the file lacks the column cognito:username."},
		"nothing proved":   {"cognito:username,cognito:mfa_enabled,email\n", "The header of the file lacks the column email_verified or phone_number_verified."},
		"no line":          {"\n\n", "The file has no header."},
		"an open quote":    {people(`ann,"` + strings.Repeat("x\n", 200000)), "A row of the file is longer than 16000 characters."},
		"a long header":    {strings.Repeat("x", 100000), "A row of the file is longer than 16000 characters."},
		"quotes at once":   {"a\"b\n", "The header of the file is not CSV."},
		"a long row":       {people("ann," + strings.Repeat("x", 65000) + ",ann@example.com,true,,,false"), "A row of the file is longer than 16000 characters."},
		"nobody imported":  {people("ann,Ann-Secret-Name,ann-secret@example.com,false,,,false"), "Too many users have failed or been skipped during the import."},
		"zero and garbage": {people("a\x00nn,Ann,ann-secret@example.com,true,,,false", "\xff\xfe,Ann,ann-secret@example.com,true,,,false"), "Too many users have failed or been skipped during the import."},
	} {
		t.Run(name, func(t *testing.T) {
			j := w.imports(pool, c.file)
			if j.Status != "Failed" || !strings.HasPrefix(*j.CompletionMessage, c.why) || j.ImportedUsers != 0 {
				t.Errorf("%s: %q", counts(j), *j.CompletionMessage)
			}
		})
	}
	if n := w.rows("user_pool_import_parts"); n != 0 {
		t.Errorf("%d parts are left", n)
	}
	text := log.String()
	if !strings.Contains(text, "a row of an import made no user") || strings.Contains(text, "ecret") || strings.Contains(text, "example.com") {
		t.Errorf("the log says\n%s", text)
	}
}

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
