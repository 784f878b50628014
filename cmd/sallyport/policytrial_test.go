package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

// TestPolicyEvaluateAnswersAgainAlike: what was kept of a line before changes
// nothing, not for the same text in another place either.
func TestPolicyEvaluateAnswersAgainAlike(t *testing.T) {
	const (
		user = `{"principal":"arn:aws:iam::111122223333:user/ann","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"`
		text = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"*","Resource":"*"}}`
		bad  = `{"Statement":{"Effect":"Perhaps"}}`
	)
	lines := []string{
		user + `,"resourcePolicy":` + text + `}`,                           // names another user
		user + `,"identityPolicies":[{"name":"p","policy":` + text + `}]}`, // its principal is passed over
		user + `,"sessionPolicy":` + text + `}`,
		user + `,"sessionPolicy":` + bad + `}`,
	}
	var first []string
	for _, line := range lines {
		out, _ := policyCommandRun(t, line+"\n", "evaluate")
		first = append(first, out)
	}
	if !strings.Contains(first[0], "ImplicitDeny") || !strings.Contains(first[1], `"Allow"`) || !strings.Contains(first[1], "note that") || !strings.Contains(first[3], "error") {
		t.Fatal(first)
	}
	out, _ := policyCommandRun(t, strings.Repeat(strings.Join(lines, "\n")+"\n", 3), "evaluate")
	if want := strings.Repeat(strings.Join(first, ""), 3); out != want {
		t.Errorf("%s\nwant\n%s", out, want)
	}
}

func TestTrialsForgetWhenThereAreTooMany(t *testing.T) {
	var known trials
	long := strings.Repeat("x", 10_000)
	for i := range 500 {
		text := fmt.Sprintf(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::%d/%s"}}`, i, long)
		if _, err := known.parse(policy.Identity, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if held := len(known.known) * len(long); known.bytes > maxTrials || held > known.bytes {
			t.Fatalf("after %d policies it keeps %d of them, %d bytes, and counts %d", i+1, len(known.known), held, known.bytes)
		}
	}
	_, _ = known.parse(policy.Identity, []byte("nonsense"))
	if _, kept := known.known[trialText{policy.Identity, "nonsense"}]; kept {
		t.Error("it keeps what is no policy")
	}
}
