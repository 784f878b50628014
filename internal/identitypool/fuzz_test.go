package identitypool

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever a token says, a claim is nothing, one text or texts; and what is read
// twice is read alike.
func FuzzClaimValues(f *testing.F) {
	for _, seed := range []string{`"a"`, `["a","b"]`, `[]`, `[1]`, `1e400`, `true`, `null`, `{"a":1}`, `"\ud800"`, `[["a"]]`, ` "a" `, "0\xc4", `"a" "b"`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c := readClaim(json.RawMessage(raw))
		values := c.values
		if !c.list && len(values) > 1 {
			t.Errorf("%q gives several values and is no list", raw)
		}
		for _, v := range values {
			if !utf8.ValidString(v) {
				t.Errorf("%q gives a value that is no text", raw)
			}
		}
		if json.Valid([]byte(raw)) && strings.HasPrefix(strings.TrimSpace(raw), "{") && values != nil {
			t.Errorf("an object gives %q", values)
		}
	})
}

// A key that names a user pool names one of its own region and no other path.
func FuzzUserPoolKey(f *testing.F) {
	for _, seed := range []string{"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", "cognito-idp.eu-west-1.amazonaws.com/us-east-1_A", "cognito-idp.a.amazonaws.com/a_/b", "cognito-idp.a.amazonaws.com/a_b\n", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		arn, ok := userPoolARN(key, "000000000000")
		if !ok {
			return
		}
		region, id, _ := strings.Cut(strings.TrimPrefix(key, "cognito-idp."), ".amazonaws.com/")
		if !strings.HasPrefix(id, region+"_") || arn != "arn:aws:cognito-idp:"+region+":000000000000:userpool/"+id || strings.ContainsAny(id, "/:\n") {
			t.Errorf("%q is taken for %s", key, arn)
		}
	})
}

// An ARN that names a pool is the very ARN that the pool has.
func FuzzPoolARN(f *testing.F) {
	for _, seed := range []string{"arn:aws:cognito-identity:eu-west-1:000000000000:identitypool/eu-west-1:0a", "arn:aws:cognito-identity::000000000000:identitypool/x:1", "arn:aws", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if region, id, ok := poolOfARN(text, "000000000000"); ok && poolARN(region, "000000000000", id) != text {
			t.Errorf("%q is taken for %s in %s", text, id, region)
		}
	})
}
