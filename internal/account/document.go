package account

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/policy"
)

// Policy documents as they come and go.

// encoded is a document as IAM answers it: URL-encoded by RFC 3986.
func encoded(document string) *string {
	text := strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
	return &text
}

// checkDocument reads a policy of a kind that a client wants to store.
func checkDocument(kind policy.Kind, text *string) (*policy.Policy, error) {
	if deref(text) == "" {
		return nil, validation("1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	if utf8.RuneCountInString(*text) > policy.MaxDocument {
		return nil, validation("1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length less than or equal to %d", policy.MaxDocument)
	}
	if !policyText.MatchString(*text) {
		return nil, validation(`1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)
	}
	p, err := policy.Parse(kind, []byte(*text))
	if err != nil {
		return nil, malformed(err)
	}
	return p, nil
}

// bindPrincipals writes the AWS principals of a trust policy, which has been
// parsed before, by what bind gives for each: the unique id of a user or role
// of this account, else the text itself. An error of bind ends it.
func bindPrincipals(document string, bind func(principal string) (string, error)) (string, error) {
	var tree map[string]any
	from := json.NewDecoder(strings.NewReader(document))
	from.UseNumber() // a condition's number keeps every digit
	if err := from.Decode(&tree); err != nil {
		return "", err
	}
	statements, many := tree["Statement"].([]any)
	if !many {
		statements = []any{tree["Statement"]}
	}
	for _, s := range statements {
		statement, _ := s.(map[string]any)
		principal, _ := statement["Principal"].(map[string]any)
		switch named := principal["AWS"].(type) {
		case string:
			bound, err := bind(named)
			if err != nil {
				return "", err
			}
			principal["AWS"] = bound
		case []any:
			for i := range named {
				text, _ := named[i].(string)
				bound, err := bind(text)
				if err != nil {
					return "", err
				}
				named[i] = bound
			}
		}
	}
	bound, err := json.Marshal(tree)
	return string(bound), err
}
