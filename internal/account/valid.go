package account

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// What names, paths and tags may be, and what AWS says when they are not.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^/([\x21-\x7E]+/)?$`)
	tagKey      = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)
	tagValue    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

const (
	maxPath = 512
	maxTags = 50
)

func longest(kind entityKind) int {
	if kind == group {
		return 128
	}
	return 64
}

// checkName holds a name against AWS's form; member is its name in the input.
func checkName(member, name string, longest int) error {
	switch {
	case name == "":
		return validation("1 validation error detected: Value '' at '%s' failed to satisfy constraint: Member must have length greater than or equal to 1", member)
	case utf8.RuneCountInString(name) > longest:
		return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, longest)
	case !namePattern.MatchString(name):
		return validation("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", member)
	}
	return nil
}

// pathOf is the path that was given, "/" by default.
func pathOf(given *string) (string, error) {
	if given == nil {
		return "/", nil
	}
	if len(*given) > maxPath || !pathPattern.MatchString(*given) {
		return "", validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return *given, nil
}

// tagsOf reads tags. Keys that differ by their case alone are one key.
func tagsOf(given []types.Tag) ([]tag, error) {
	list := plainTags(given)
	return list, checkTagList(list, false)
}

// policyTagsOf reads the tags of a policy, whose keys differ by their case.
func policyTagsOf(given []types.Tag) ([]tag, error) {
	list := plainTags(given)
	return sortTags(list), checkTagList(list, true)
}

func plainTags(given []types.Tag) []tag {
	list := make([]tag, 0, len(given))
	for _, t := range given {
		list = append(list, tag{deref(t.Key), deref(t.Value)})
	}
	return list
}

func checkTags(list []tag) error { return checkTagList(list, false) }

const tagForm = `[\p{L}\p{Z}\p{N}_.:/=+\-@]`

func checkTagList(list []tag, exact bool) error {
	if len(list) > maxTags {
		return validation("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	seen := map[string]bool{}
	for i, t := range list {
		at := func(member, wants string) error {
			return validation("1 validation error detected: Value at 'tags.%d.member.%s' failed to satisfy constraint: Member must %s", i+1, member, wants)
		}
		folded := t.Key
		if !exact {
			folded = strings.ToLower(t.Key)
		}
		switch {
		case t.Key == "":
			return at("key", "have length greater than or equal to 1")
		case utf8.RuneCountInString(t.Key) > 128:
			return at("key", "have length less than or equal to 128")
		case !tagKey.MatchString(t.Key):
			return at("key", "satisfy regular expression pattern: "+tagForm+"+")
		case utf8.RuneCountInString(t.Value) > 256:
			return at("value", "have length less than or equal to 256")
		case !tagValue.MatchString(t.Value):
			return at("value", "satisfy regular expression pattern: "+tagForm+"*")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return invalidInput("System tags cannot be added/updated by requester")
		case seen[folded] && exact:
			return invalidInput("Duplicate tag keys found.")
		case seen[folded]:
			return invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[folded] = true
	}
	return nil
}

// checkTagKeys is for tags that are to go.
func checkTagKeys(keys []string) error {
	if len(keys) > maxTags {
		return validation("1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	for _, key := range keys {
		if n := utf8.RuneCountInString(key); n < 1 || n > 128 || !tagKey.MatchString(key) {
			return validation("1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: %s+, Member must not be null]", tagForm)
		}
	}
	return nil
}

// checkDescription: IAM takes tabs, line ends and Latin text.
func checkDescription(text string) error {
	if utf8.RuneCountInString(text) > 1000 {
		return validation("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000")
	}
	for _, r := range text {
		if r != '\t' && r != '\n' && r != '\r' && (r < ' ' || r > '~' && r < 0xA1 || r > 0xFF) {
			return validation("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")
		}
	}
	return nil
}

func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
