package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// policyCommandRun runs the program with a standard input.
func policyCommandRun(t *testing.T, in string, args ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"policy"}, args...), streams{strings.NewReader(in), &stdout, &stderr})
	return stdout.String(), code
}

const (
	mayInvoke = `{"name":"p","policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc/*"},{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc/*/POST/inventory"}]}}`
	everybody = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`
)

// ask makes a line; more is put after the identity policy.
func ask(principal, resource, more string) string {
	return fmt.Sprintf(`{"principal":%q,"action":"execute-api:Invoke","resource":%q,"identityPolicies":[%s]%s}`, principal, resource, mayInvoke, more)
}

// TestPolicyEvaluate: the deciding statements stand in the order in which the
// layers are asked.
func TestPolicyEvaluate(t *testing.T) {
	const (
		ann  = "arn:aws:iam::111122223333:user/ann"
		menu = "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/menu"
		post = "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/POST/inventory"
		away = "arn:aws:execute-api:eu-west-1:999988887777:abc/prod/GET/menu"
	)
	for _, c := range []struct{ name, line, decision, statements string }{
		{"an allow", ask(ann, menu, `,"resourcePolicy":null,"permissionBoundaries":[],"sessionPolicy":null,"serviceControlPolicies":[],"context":{"aws:SourceIp":["127.0.0.1"]}`), "Allow", `[{"policy":"p","statement":0,"effect":"Allow"}]`},
		{"an explicit deny", ask(ann, post, ""), "ExplicitDeny", `[{"policy":"p","statement":1,"effect":"Deny"}]`},
		{"nothing that allows", ask(ann, "arn:aws:execute-api:eu-west-1:111122223333:other/prod/GET/menu", ""), "ImplicitDeny", `[]`},
		{"an assumed role", ask("arn:aws:sts::111122223333:assumed-role/cook/s", menu, ""), "Allow", `[{"policy":"p","statement":0,"effect":"Allow"}]`},
		{"nobody known", ask("*", menu, ""), "ImplicitDeny", `[]`},
		{"nobody known, where everybody may", ask("*", menu, `,"resourcePolicy":`+everybody), "Allow", `[{"policy":"resourcePolicy","statement":0,"effect":"Allow"},{"policy":"p","statement":0,"effect":"Allow"}]`},
		{"another account's", ask(ann, away, ""), "ImplicitDeny", `[]`},
		{"another account's, by the context", ask(ann, "arn:aws:execute-api:eu-west-1::abc/prod/GET/menu", `,"context":{"aws:ResourceAccount":["999988887777"]}`), "ImplicitDeny", `[]`},
		{"a level of service control that is silent", ask(ann, menu, `,"serviceControlPolicies":[[`+mayInvoke+`],[{"name":"s","policy":{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}}]]`), "ImplicitDeny", `[]`},
		{"a boundary that is silent", ask(ann, menu, `,"permissionBoundaries":[{"name":"b","policy":{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}}]`), "ImplicitDeny", `[]`},
		{"a session policy that is silent", ask(ann, menu, `,"sessionPolicy":{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`), "ImplicitDeny", `[]`},
		{"root", `{"principal":"arn:aws:iam::111122223333:root","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","identityPolicies":[]}`, "Allow", `[]`},
		{"a session that the resource names, past its session policy", `{"principal":"arn:aws:sts::111122223333:assumed-role/cook/s","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","identityPolicies":[],"sessionPolicy":{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}},"resourcePolicy":{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/cook/s"},"Action":"s3:*","Resource":"*"}}}`, "Allow", `[{"policy":"resourcePolicy","statement":0,"effect":"Allow"}]`},
		{"who am I", `{"principal":"` + ann + `","action":"sts:GetCallerIdentity","resource":"*"}`, "Allow", `[]`},
		{"what AWS keeps to itself", `{"principal":"` + ann + `","action":"iam:DeletePolicy","resource":"arn:aws:iam::aws:policy/ReadOnlyAccess","identityPolicies":[{"name":"p","policy":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]}`, "ImplicitDeny", `[]`},
		{"a policy as a string", `{"principal":"` + ann + `","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","identityPolicies":[{"name":"p","policy":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}]}`, "Allow", `[{"policy":"p","statement":0,"effect":"Allow"}]`},
		{"a byte order mark", "\ufeff" + ask(ann, menu, ""), "Allow", `[{"policy":"p","statement":0,"effect":"Allow"}]`},
		{"a request for a pattern", `{"principal":"` + ann + `","action":"s3:GetObject","resource":"arn:aws:s3:::b/*","identityPolicies":[{"name":"p","policy":{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/k"}}}]}`, "ImplicitDeny", `[]`},
		{"a role whose trust policy is not asked about", `{"principal":"` + ann + `","action":"sts:AssumeRole","resource":"arn:aws:iam::111122223333:role/cook","identityPolicies":[{"name":"p","policy":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]}`, "Allow", `[{"policy":"p","statement":0,"effect":"Allow"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, code := policyCommandRun(t, c.line+"\n", "evaluate")
			var got struct {
				Decision   string
				Statements json.RawMessage
				Reason     string
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitDone {
				t.Fatalf("%q, exit code %d: %v", out, code, err)
			}
			if got.Decision != c.decision || string(got.Statements) != c.statements || got.Reason == "" {
				t.Errorf("%swant %s %s", out, c.decision, c.statements)
			}
		})
	}
}

func TestPolicyEvaluateGoesOnAfterLinesItCannotRead(t *testing.T) {
	const ann = "arn:aws:iam::111122223333:user/ann"
	good := ask(ann, "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/menu", "")
	bad := []string{
		"", "null", "[]", "{", "nonsense", good[:40], good + good,
		`{"principal":"` + ann + `"}`,
		strings.Replace(good, `"action"`, `"Action"`, 1),
		strings.Replace(good, `"identityPolicies"`, `"identitypolicies"`, 1),
		strings.Replace(good, `"action":`, `"action":"s3:GetObject","action":`, 1),
		strings.Replace(good, `"execute-api:Invoke"`, `"Invoke"`, 1),
		strings.Replace(good, `"execute-api:Invoke"`, `7`, 1),
		strings.Replace(good, ann, "ann", 1),
		strings.Replace(good, ann, "arn:aws:iam::111122223333:group/cooks", 1),
		strings.Replace(good, `"Effect":"Deny"`, `"Effect":"Perhaps"`, 1),
		strings.Replace(good, `"Effect":"Deny"`, `"Effect":"Deny","Effect":"Allow"`, 1),
		strings.Replace(good, `"name":"p",`, ``, 1),
		ask(ann, "arn:aws:s3:::b", `,"context":{"a:b":{"c":1}}`),
		ask(ann, "arn:aws:s3:::b", `,"context":{"a:b":["1"],"A:B":["2"]}`),
		ask(ann, "arn:aws:s3:::b", `,"context":{"a:b":[null]}`),
		ask(ann, "arn:aws:s3:::b", `,"serviceControlPolicies":[{"name":"s","policy":{}}]`),
		ask(ann, "arn:aws:s3:::b", `,"sessionPolicy":{}`),
		strings.Repeat("x", maxQuestion+1),
		ask(ann, "arn:aws:s3:::"+strings.Repeat("x", maxQuestion), ""),
		"\xff\xfe",
		strings.Replace(good, ":abc/prod", ":abc\xff/prod", 1),
		"\x00", strings.Repeat("[", 100_000), `{"context":{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`,
	}
	var in strings.Builder
	for _, line := range bad {
		in.WriteString(line + "\n" + good + "\r\n")
	}
	out, code := policyCommandRun(t, strings.TrimSuffix(in.String(), "\r\n"), "evaluate") // no newline at the end
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != exitDone || len(lines) != 2*len(bad) {
		t.Fatalf("exit code %d, %d lines for %d", code, len(lines), 2*len(bad))
	}
	for i, line := range lines {
		var got struct{ Error, Decision string }
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 && got.Decision != "Allow" || i%2 == 0 && (got.Error == "" || got.Decision != "") {
			t.Errorf("line %d, for %.100q: %s", i, bad[i/2], line)
		}
	}
}

func TestPolicyEvaluateSaysWhatAWSWouldRefuse(t *testing.T) {
	out, _ := policyCommandRun(t, `{"principal":"arn:aws:iam::111122223333:user/ann","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","identityPolicies":[{"name":"p","policy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}}]}`, "evaluate")
	if !strings.Contains(out, `"decision":"Allow"`) || !strings.Contains(out, "note that AWS would refuse identityPolicies[0]") {
		t.Error(out)
	}
}

func TestPolicyLint(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "policy.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	clean := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc/*"}}`
	pass := "{\"Version\":\"2012-10-17\",\n\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:PassRole\",\"Resource\":\"*\"}}"
	for _, c := range []struct {
		name string
		args []string
		in   string
		code int
		out  string
	}{
		{"clean", []string{file(clean)}, "", exitDone, ""},
		{"clean, from standard input", []string{"-"}, clean, exitDone, ""},
		{"dangerous", []string{file(pass)}, "", exitFailed, "policy.json:2:40: dangerous: iam:PassRole on \"*\""},
		{"dangerous, as JSON", []string{"--json", "-"}, pass, exitFailed, `{"file":"-","line":2,"column":40,"severity":"dangerous","message":"iam:PassRole on \"*\"`},
		{"malformed", []string{"-"}, `{"Version":`, exitFailed, "-:1:12: malformed: Syntax errors in policy."},
		{"malformed for its kind", []string{"--kind", "trust", "-"}, clean, exitFailed, "malformed: Missing required field Principal"},
		{"no file", []string{filepath.Join(t.TempDir(), "none.json")}, "", exitUsage, ""},
		{"no argument", nil, "", exitUsage, ""},
		{"a kind there is not", []string{"--kind", "poem", "-"}, clean, exitUsage, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, code := policyCommandRun(t, c.in, append([]string{"lint"}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.out) || c.out == "" && out != "" {
				t.Errorf("exit code %d: %q", code, out)
			}
		})
	}
}

func BenchmarkPolicyEvaluate(b *testing.B) {
	line := ask("arn:aws:iam::111122223333:user/ann", "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/menu", `,"context":{"aws:SourceIp":["127.0.0.1"]},"resourcePolicy":`+everybody) + "\n"
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	in := strings.NewReader(strings.Repeat(line, b.N))
	if err := evaluateLines(in, io.Discard); err != nil {
		b.Fatal(err)
	}
}
