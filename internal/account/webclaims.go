package account

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/verify"
)

// Claims by which a token passes session tags and a source identity along.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
const (
	tagsClaim   = "https://aws.amazon.com/tags"
	sourceClaim = "https://aws.amazon.com/source_identity"
)

// providerClaims are what AWS lets policies ask of the tokens of some
// providers, beside what it takes from all.
var providerClaims = map[string][]string{
	"token.actions.githubusercontent.com": {"actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id", "workflow"},
}

// readWebIdentity gives the claims of a proved token the names of condition
// keys: {name}:sub and so on. audience is the one that made it acceptable.
func readWebIdentity(call *access.Call, t *verify.Token, provider, name, audience string) (*webIdentity, error) {
	who := &webIdentity{provider: provider, subject: t.Subject(), audience: audience, conditions: map[string][]string{}}
	refused := func(why string) error {
		call.Record.Note("web identity", audit.Refused, why, call.Time)
		return invalidIdentity("%s", why)
	}
	if who.subject == "" || who.audience == "" {
		return nil, refused("The ID Token must have the claims sub and aud.")
	}
	put := func(key string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			who.conditions[strings.ToLower(name)+":"+key] = values
		}
	}
	azp := t.Text("azp")
	put("aud", audience)
	put("azp", azp)
	if name == "accounts.google.com" && azp != "" { // the one provider where AWS puts azp in aud's place
		put("aud", azp)
		put("oaud", audience)
	}
	put("sub", who.subject)
	put("email", t.Text("email"))
	for _, claim := range providerClaims[name] {
		put(claim, t.Text(claim))
	}
	if raw, ok := t.Claim("amr"); ok {
		methods, ok := oneOrMany(raw)
		if !ok {
			return nil, refused("The claim amr is neither a text nor a list of texts.")
		}
		put("amr", methods...)
	}
	if !who.readTags(t) {
		return nil, refused("The session tags of the token cannot be read.")
	}
	if raw, ok := t.Claim(sourceClaim); ok {
		if json.Unmarshal(raw, &who.sourceIdentity) != nil || !isSourceIdentity(who.sourceIdentity) {
			return nil, refused(textSourceIdentity)
		}
	}
	return who, nil
}

func isSourceIdentity(text string) bool {
	return checkText("", &text, sessionNames, 2, 64) == nil && !strings.HasPrefix(text, "aws:")
}

// readTags reads session tags: one claim with all of them, or claims of their
// own for providers that cannot nest.
func (w *webIdentity) readTags(t *verify.Token) bool {
	add := func(key string, raw json.RawMessage) bool {
		values, ok := oneOrMany(raw)
		if !ok || len(values) != 1 {
			return false
		}
		w.tags = append(w.tags, types.Tag{Key: &key, Value: &values[0]})
		return true
	}
	for name, raw := range t.All() {
		rest, ours := strings.CutPrefix(name, tagsClaim)
		if !ours {
			continue
		}
		key, isTag := strings.CutPrefix(rest, "/principal_tags/")
		ok := true
		switch {
		case rest == "":
			var all struct {
				Tags       map[string]json.RawMessage `json:"principal_tags"`
				Transitive json.RawMessage            `json:"transitive_tag_keys"`
			}
			if json.Unmarshal(raw, &all) != nil {
				return false
			}
			for k, v := range all.Tags {
				ok = ok && add(k, v)
			}
			if all.Transitive != nil {
				var keys []string
				keys, valid := oneOrMany(all.Transitive)
				w.transitive, ok = append(w.transitive, keys...), ok && valid
			}
		case isTag:
			ok = add(key, raw)
		case rest == "/transitive_tag_keys":
			var keys []string
			keys, ok = oneOrMany(raw)
			w.transitive = append(w.transitive, keys...)
		}
		if !ok {
			return false
		}
	}
	return true
}

// oneOrMany reads a text, or a list of texts.
func oneOrMany(raw json.RawMessage) ([]string, bool) {
	var one *string
	if json.Unmarshal(raw, &one) == nil && one != nil {
		return []string{*one}, true
	}
	var many []*string
	if json.Unmarshal(raw, &many) != nil || many == nil {
		return nil, false
	}
	list := make([]string, len(many))
	for i, text := range many {
		if text == nil {
			return nil, false
		}
		list[i] = *text
	}
	return list, true
}
