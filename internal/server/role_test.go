package server_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/config"
)

// signing is a function that calls the server with the credentials it was
// given, as an SDK in it would.
const signing = `const { createHash, createHmac } = require("node:crypto")
const sha = (text) => createHash("sha256").update(text).digest("hex")
const mac = (key, text) => createHmac("sha256", key).update(text).digest()
exports.handler = async ({ service, body, keys }) => {
  if (keys) return [process.env.AWS_ACCESS_KEY_ID, process.env.AWS_SECRET_ACCESS_KEY, process.env.AWS_SESSION_TOKEN]
  const url = new URL(process.env.AWS_ENDPOINT_URL), at = new Date().toISOString().replace(/[-:]|\.\d+/g, "")
  const headers = { host: url.host, "x-amz-date": at, "x-amz-security-token": process.env.AWS_SESSION_TOKEN }
  const names = Object.keys(headers).sort(), steps = [at.slice(0, 8), process.env.AWS_REGION, service, "aws4_request"]
  const canonical = ["POST", "/", "", ...names.map((n) => n + ":" + headers[n]), "", names.join(";"), sha(body)].join("\n")
  const key = steps.reduce(mac, "AWS4" + process.env.AWS_SECRET_ACCESS_KEY)
  const signature = mac(key, ["AWS4-HMAC-SHA256", at, steps.join("/"), sha(canonical)].join("\n")).toString("hex")
  headers.authorization = "AWS4-HMAC-SHA256 Credential=" + process.env.AWS_ACCESS_KEY_ID + "/" + steps.join("/") + ", SignedHeaders=" + names.join(";") + ", Signature=" + signature
  headers["content-type"] = "application/x-www-form-urlencoded"
  const answer = await fetch(url, { method: "POST", body, headers })
  return { status: answer.status, text: await answer.text(), pid: process.pid }
}`

// signer makes a function of signing that runs as a role.
func (w *world) signer(t testing.TB, name, role string) (arn string) {
	t.Helper()
	made := must(w.lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: &role, Runtime: lambdatypes.RuntimeNodejs22x, Handler: aws.String("index.handler"), Timeout: aws.Int32(30),
		Code: &lambdatypes.FunctionCode{ZipFile: zipped(t, "index.js", signing)},
	}))(t)
	return *made.FunctionArn
}

type answered struct {
	Status int
	Text   string
	PID    int
}

const (
	whoAmI    = `{"service":"sts","body":"Action=GetCallerIdentity&Version=2011-06-15"}`
	listUsers = `{"service":"iam","body":"Action=ListUsers&Version=2010-05-08"}`
)

func (w *world) ask(t testing.TB, function, event string) (a answered) {
	t.Helper()
	out := must(w.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &function, Payload: []byte(event)}))(t)
	if out.FunctionError != nil || json.Unmarshal(out.Payload, &a) != nil {
		t.Fatalf("%s answers %s", function, out.Payload)
	}
	return a
}

func (w *world) mayDo(t testing.TB, role, policy string) {
	t.Helper()
	must(iam.NewFromConfig(w.aws).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("own"), PolicyDocument: &policy}))(t)
}

func (w *world) dropRole(t testing.TB, role string) {
	t.Helper()
	roles := iam.NewFromConfig(w.aws)
	if _, err := roles.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("own")}); err != nil && code(err) != "NoSuchEntity" {
		t.Fatal(err)
	}
	must(roles.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: &role}))(t)
}

func TestAFunctionCallsTheServerAsItsRole(t *testing.T) {
	w := start(t, config.Config{}, nil)
	role := w.role(t, "cook")
	asker := w.signer(t, "asker", role)
	w.signer(t, "other", role)
	if a := w.ask(t, "asker", whoAmI); a.Status != 200 || !strings.Contains(a.Text, "<Arn>arn:aws:sts::"+account+":assumed-role/cook/asker</Arn>") {
		t.Fatalf("it is %+v", a)
	}
	if a := w.ask(t, "asker", listUsers); a.Status != 403 || !strings.Contains(a.Text, "assumed-role/cook/asker is not authorized to perform: iam:ListUsers") {
		t.Errorf("a role without policies: %+v", a)
	}
	w.mayDo(t, "cook", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"ArnEquals":{"lambda:SourceFunctionArn":"`+asker+`"}}}}`)
	if a := w.ask(t, "asker", listUsers); a.Status != 200 {
		t.Errorf("what the role may do for this function: %+v", a)
	}
	if a := w.ask(t, "other", listUsers); a.Status != 403 {
		t.Errorf("another function of the role: %+v", a)
	}
	single := w.signer(t, "x", role) // sessions have names of two characters at least
	if a := w.ask(t, single, whoAmI); a.Status != 200 || !strings.Contains(a.Text, "assumed-role/cook/x") {
		t.Errorf("a function with a short name: %+v", a)
	}
}

func TestAFunctionNeverHasCredentialsThatHaveEnded(t *testing.T) {
	w := start(t, config.Config{}, nil)
	w.signer(t, "asker", w.role(t, "cook"))
	first := w.ask(t, "asker", whoAmI)
	for _, by := range []string{"50m", "59m30s", "13h"} {
		w.advance(t, by)
		if a := w.ask(t, "asker", whoAmI); a.Status != 200 {
			t.Errorf("after %s: %+v", by, a)
		}
	}
	if last := w.ask(t, "asker", whoAmI); last.PID == first.PID {
		t.Error("the first process lives on")
	}
}

func TestAFunctionWhoseRoleChanges(t *testing.T) {
	w := start(t, config.Config{}, nil)
	role := w.role(t, "cook")
	asker := w.signer(t, "asker", role)
	must(w.lambda.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: &asker, StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}))(t)
	p := w.people(t, "regular")
	path := "/_aws/execute-api/" + w.api(t, p.arn, asker) + "/prod/"
	token := *w.signIn(t, p).IdToken
	gone := func(what string) {
		t.Helper()
		_, err := w.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &asker, Payload: []byte(whoAmI)})
		if code(err) != "AccessDeniedException" || !strings.Contains(err.Error(), "The role defined for the function cannot be assumed by Lambda.") {
			t.Errorf("%s: %v", what, err)
		}
		if r := w.send(t, "GET", path, "", "Authorization", token); r.status != 500 || strings.Contains(r.body, "role") {
			t.Errorf("%s, by its API: %d %s", what, r.status, r.body)
		}
	}
	first := w.ask(t, "asker", whoAmI)
	w.dropRole(t, "cook")
	gone("the role is deleted")
	w.role(t, "cook")
	second := w.ask(t, "asker", whoAmI)
	if second.PID == first.PID || second.Status != 200 {
		t.Errorf("a new role of that name: %+v", second)
	}
	roles := iam.NewFromConfig(w.aws)
	trust := func(service string) {
		t.Helper()
		must(roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("cook"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}}`)}))(t)
	}
	trust("ec2.amazonaws.com")
	if a := w.ask(t, "asker", whoAmI); a.Status != 200 { // a session outlives the trust that it came from, as at AWS
		t.Errorf("a process from before: %+v", a)
	}
	w.advance(t, "2h")
	token = *w.signIn(t, p).IdToken
	gone("the trust is withdrawn")
	trust("lambda.amazonaws.com")
	if a := w.ask(t, "asker", whoAmI); a.Status != 200 {
		t.Errorf("the trust is given again: %+v", a)
	}
}

// Whoever may make functions may not become anybody by that.
func TestRolesThatCannotBeGivenToAFunction(t *testing.T) {
	w := start(t, config.Config{}, nil)
	roles := iam.NewFromConfig(w.aws)
	cook := w.role(t, "cook")
	make := func(name, path, principal string) string {
		t.Helper()
		return *must(roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, Path: &path, AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}}`)}))(t).Role.Arn
	}
	admin := make("admin", "/", `{"Service":"lambda.amazonaws.com"}`)
	chef := make("chef", "/kitchen/", `{"Service":"lambda.amazonaws.com"}`)
	ec2 := make("ec2", "/", `{"Service":"ec2.amazonaws.com"}`)
	anybody := make("anybody", "/", `{"AWS":"*"}`)
	elsewhere := make("elsewhere", "/", `{"Service":"lambda.amazonaws.com"}`)
	must(roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("elsewhere"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111111111111"}}}}`)}))(t)
	must(roles.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("ann")}))(t)
	must(roles.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("ann"), PolicyName: aws.String("own"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"lambda:*","Resource":"*"},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":["` + cook + `","` + ec2 + `","` + anybody + `","` + elsewhere + `","arn:aws:iam::` + account + `:role/gone","arn:aws:iam::` + account + `:role/kitchen/*","arn:aws:iam::111111111111:role/*"],
			"Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},
		{"Effect":"Deny","Action":"iam:PassRole","Resource":"` + chef + `"}]}`)}))(t)
	k := must(roles.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("ann")}))(t).AccessKey
	ann := clients(w.url, *k.AccessKeyId, *k.SecretAccessKey, w.server)

	const cannot = "The role defined for the function cannot be assumed by Lambda."
	notAllowed := func(arn, cause string) string {
		return "User: arn:aws:iam::" + account + ":user/ann is not authorized to perform: iam:PassRole on resource: " + arn + cause
	}
	prefix := "arn:aws:iam::" + account + ":role/"
	must(ann.lambda.CreateFunction(t.Context(), functionOf(t, "hers", cook)))(t)
	for what, c := range map[string]struct{ role, code, text string }{
		"not hers to pass":                   {admin, "AccessDeniedException", notAllowed(admin, " because no identity-based policy allows the iam:PassRole action")},
		"denied":                             {chef, "AccessDeniedException", notAllowed(chef, " with an explicit deny in an identity-based policy")},
		"trusts only EC2":                    {ec2, "InvalidParameterValueException", cannot},
		"trusts AWS principals":              {anybody, "InvalidParameterValueException", cannot},
		"trusts Lambda of another account":   {elsewhere, "InvalidParameterValueException", cannot},
		"not there":                          {prefix + "gone", "InvalidParameterValueException", cannot},
		"another account's":                  {"arn:aws:iam::111111111111:role/cook", "AccessDeniedException", "Cross-account pass role is not allowed."},
		"without its path":                   {prefix + "chef", "AccessDeniedException", notAllowed(prefix+"chef", "")},
		"with a path that it does not have":  {prefix + "kitchen/cook", "InvalidParameterValueException", cannot},
		"by a way round":                     {prefix + "kitchen/../admin", "InvalidParameterValueException", cannot},
		"with an empty step":                 {prefix + "kitchen//chef", "", ""},
		"in another case":                    {prefix + "COOK", "AccessDeniedException", notAllowed(prefix+"COOK", "")},
		"of another partition":               {"arn:aws-cn:iam::" + account + ":role/cook", "AccessDeniedException", notAllowed("arn:aws-cn:iam::"+account+":role/cook", "")},
		"a role of a service, by its prefix": {prefix + "aws-service-role/lambda.amazonaws.com/cook", "AccessDeniedException", notAllowed(prefix+"aws-service-role/lambda.amazonaws.com/cook", "")},
	} {
		t.Run(what, func(t *testing.T) {
			_, made := ann.lambda.CreateFunction(t.Context(), functionOf(t, "mine", c.role))
			_, changed := ann.lambda.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("hers"), Role: &c.role})
			for _, err := range []error{made, changed} {
				if err == nil || c.code != "" && code(err) != c.code || !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %v\nwant %s: %s", err, c.code, c.text)
				}
			}
		})
	}
	if got := must(w.lambda.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("hers")}))(t); *got.Role != cook {
		t.Errorf("her function runs as %s", *got.Role)
	}
}

func functionOf(t testing.TB, name, role string) *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{FunctionName: &name, Role: &role, Runtime: lambdatypes.RuntimeNodejs22x, Handler: aws.String("index.handler"),
		Code: &lambdatypes.FunctionCode{ZipFile: zipped(t, "index.js", signing)}}
}

// An API may call a function only if the function says so, whoever made the API.
func TestAnAPIThatTheFunctionDoesNotName(t *testing.T) {
	w := start(t, config.Config{}, nil)
	p := w.people(t, "regular")
	token := *w.signIn(t, p).IdToken
	function := w.function(t, "counting", counting)
	ours, theirs := w.api(t, p.arn, function), w.api(t, p.arn, function)
	status := func(api string) int {
		return w.send(t, "GET", "/_aws/execute-api/"+api+"/prod/", "", "Authorization", token).status
	}
	permit := func(change func(*lambda.AddPermissionInput)) {
		t.Helper()
		must(w.lambda.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &function, StatementId: aws.String("api")}))(t)
		in := &lambda.AddPermissionInput{FunctionName: &function, StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}
		change(in)
		must(w.lambda.AddPermission(t.Context(), in))(t)
	}
	arn := "arn:aws:execute-api:" + region + ":" + account + ":"
	for _, c := range []struct {
		what         string
		change       func(*lambda.AddPermissionInput)
		ours, theirs int
	}{
		{"one API", func(in *lambda.AddPermissionInput) { in.SourceArn = aws.String(arn + ours + "/*") }, 200, 500},
		{"another stage", func(in *lambda.AddPermissionInput) { in.SourceArn = aws.String(arn + ours + "/test/*") }, 500, 500},
		{"another method", func(in *lambda.AddPermissionInput) { in.SourceArn = aws.String(arn + ours + "/*/POST/*") }, 500, 500},
		{"this account", func(in *lambda.AddPermissionInput) { in.SourceAccount = aws.String(account) }, 200, 200},
		{"another account", func(in *lambda.AddPermissionInput) { in.SourceAccount = aws.String("111111111111") }, 500, 500},
		{"another service", func(in *lambda.AddPermissionInput) { in.Principal = aws.String("events.amazonaws.com") }, 500, 500},
		{"the account, which API Gateway is not", func(in *lambda.AddPermissionInput) { in.Principal = aws.String(account) }, 500, 500},
		{"the service without conditions", func(*lambda.AddPermissionInput) {}, 200, 200},
	} {
		permit(c.change)
		if a, b := status(ours), status(theirs); a != c.ours || b != c.theirs {
			t.Errorf("%s: ours %d, theirs %d", c.what, a, b)
		}
	}
}

func TestAFunctionsCredentialsStayWithIt(t *testing.T) {
	data, log := filepath.Join(t.TempDir(), "data"), new(paper)
	w := startLogging(t, config.Config{Data: data}, nil, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	w.signer(t, "asker", w.role(t, "cook"))
	pid := w.ask(t, "asker", whoAmI).PID
	w.ask(t, "asker", listUsers) // refused, which is logged
	var keys []string
	out := must(w.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("asker"), Payload: []byte(`{"keys":true}`)}))(t)
	if json.Unmarshal(out.Payload, &keys) != nil || len(keys) != 3 || keys[1] == "" || keys[2] == "" {
		t.Fatalf("it has %s", out.Payload)
	}
	thief := w.aws.Copy()
	thief.Credentials = credentials.NewStaticCredentialsProvider(keys[0], keys[1], "")
	if _, err := iam.NewFromConfig(thief).ListUsers(t.Context(), &iam.ListUsersInput{}); code(err) != "InvalidClientTokenId" {
		t.Errorf("without their token: %v", err)
	}
	found := func(where string, text []byte) {
		for _, key := range keys[1:] {
			if bytes.Contains(text, []byte(key)) {
				t.Errorf("credentials in %s", where)
			}
		}
	}
	found("the command line", must(os.ReadFile("/proc/"+strconv.Itoa(pid)+"/cmdline"))(t))
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		found(path, must(os.ReadFile(path))(t))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	found("the log", log.text.Bytes())
}
