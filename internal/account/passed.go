package account

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// What callers pass along when they ask for a session, and its limits.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

const (
	maxSessionPolicy = 2048 // characters
	maxSessionARNs   = 10
)

var (
	policyText   = regexp.MustCompile(`^[\x{0009}\x{000A}\x{000D}\x{0020}-\x{00FF}]+$`)
	sessionNames = regexp.MustCompile(`^[\w+=,.@-]*$`)
	externalIDs  = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
)

// invalidParameter has no shape in AWS's model.
func invalidParameter(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: *text(format, args), Fault: smithy.FaultClient}
}

// checkText holds an optional text against a form; member is its name in the input.
func checkText(member string, value *string, form *regexp.Regexp, least, most int) error {
	switch n := utf8.RuneCountInString(deref(value)); {
	case value == nil:
		return nil
	case n < least:
		return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length greater than or equal to %d", *value, member, least)
	case n > most:
		return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, most)
	case !form.MatchString(*value):
		return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *value, member, strings.Trim(form.String(), "^$"))
	}
	return nil
}

// passedBy reads session policies and tags. caller is the session that asks, if
// one does: its transitive tags go on.
func passedBy(caller *access.Temporary, document *string, arns []types.PolicyDescriptorType, tags []types.Tag, transitive []string) (passed, error) {
	var p passed
	if document != nil {
		p.Policy = *document
		if utf8.RuneCountInString(p.Policy) > maxSessionPolicy {
			return p, validation("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionPolicy)
		}
		if !policyText.MatchString(p.Policy) {
			return p, validation("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")
		}
		if _, err := policy.Parse(policy.Session, []byte(p.Policy)); err != nil {
			return p, malformedSession(err)
		}
	}
	if len(arns) > maxSessionARNs {
		return p, validation("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionARNs)
	}
	for _, a := range arns {
		if !strings.HasPrefix(deref(a.Arn), "arn:aws:iam::") || !strings.Contains(*a.Arn, ":policy/") || len(*a.Arn) > 2048 {
			return p, validation("%s is invalid", deref(a.Arn))
		}
		p.PolicyARNs = append(p.PolicyARNs, *a.Arn)
	}
	return p, p.tag(caller, tags, transitive)
}

func (p *passed) tag(caller *access.Temporary, tags []types.Tag, transitive []string) error {
	for _, t := range tags {
		p.Tags = append(p.Tags, tag{deref(t.Key), deref(t.Value)})
	}
	seen, along := map[string]string{}, map[string]bool{} // by key in lower case, as policies know it
	for _, t := range p.Tags {
		folded := strings.ToLower(t.Key)
		if _, twice := seen[folded]; twice {
			return invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[folded] = t.Key
	}
	if err := checkTags(p.Tags); err != nil {
		return validation("%s", asText(err))
	}
	for _, key := range transitive {
		folded := strings.ToLower(key)
		written, given := seen[folded]
		if !given {
			return invalidParameter("The specified transitive tag key must be included in the requested tags.")
		}
		if !along[folded] {
			along[folded] = true
			p.Transitive = append(p.Transitive, written)
		}
	}
	sortTags(p.Tags)
	if caller == nil {
		return nil
	}
	for _, key := range caller.TransitiveTags {
		if _, given := seen[strings.ToLower(key)]; given {
			return invalidParameter("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		p.Tags = append(p.Tags, tag{key, tagIn(caller.Tags, key)})
		p.Transitive = append(p.Transitive, key)
	}
	if len(p.Tags) > maxTags { // with those that came along
		return validation("The number of session tags has reached the maximum limit of %d.", maxTags)
	}
	sortTags(p.Tags)
	return nil
}

func tagIn(tags map[string]string, key string) string {
	for k, value := range tags {
		if sameTagKey(k, key) {
			return value
		}
	}
	return ""
}

func asText(err error) string {
	if known, ok := err.(smithy.APIError); ok {
		return known.ErrorMessage()
	}
	return err.Error()
}

func malformedSession(err error) error {
	message := asText(malformed(err))
	return &types.MalformedPolicyDocumentException{Message: &message}
}

// packedSize is how much of what may be passed along is taken, in percent; nil
// when nothing was passed.
func (p *passed) packedSize() (*int32, error) {
	if p.Policy == "" && len(p.PolicyARNs) == 0 && len(p.Tags) == 0 {
		return nil, nil
	}
	packed, err := pack(p)
	if err != nil {
		return nil, err
	}
	percent := int32((len(packed)*100 + maxPacked - 1) / maxPacked)
	if percent > 100 {
		message := "Packed policy consumes " + itoa(percent) + "% of allotted space, please use smaller policy."
		return nil, &types.PackedPolicyTooLargeException{Message: &message}
	}
	return &percent, nil
}

// conditions are the condition keys that p speaks for.
func (p *passed) conditions() map[string][]string {
	shapes := make([]types.Tag, len(p.Tags))
	for i := range p.Tags {
		shapes[i] = types.Tag{Key: &p.Tags[i].Key, Value: &p.Tags[i].Value}
	}
	keys := requestTags(shapes)
	if len(p.Transitive) > 0 {
		keys["sts:transitivetagkeys"] = slices.Clone(p.Transitive)
	}
	if p.SourceIdentity != "" {
		keys["sts:sourceidentity"] = []string{p.SourceIdentity}
	}
	return keys
}

// requestTags are the condition keys of tags in a request. One that is there
// twice has two values, which no operator for a single value takes.
func requestTags(tags []types.Tag) map[string][]string {
	keys := access.Keys{}
	for _, t := range tags {
		keys.Tag(deref(t.Key), deref(t.Value))
	}
	return keys
}
