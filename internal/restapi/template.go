package restapi

import (
	"regexp"
	"strings"
	"unicode"
)

// vtl is anything that Velocity would act on: a reference ($input, ${x}, $!x)
// or a directive or comment (#set, #{else}, ##).
var vtl = regexp.MustCompile(`\$!?\{?[a-zA-Z_]|#(?:\{|@|[a-zA-Z]|#|\*|\[)`)

// checkTemplate lets literal text through: a template that is not evaluated
// must not look as if it were.
func checkTemplate(contentType, template string) error {
	if err := checkMediaType(contentType); err != nil {
		return err
	}
	if vtl.MatchString(template) {
		return unsupported("A mapping template with Velocity references or directives (" + contentType + ")")
	}
	return nil
}

var mediaType = regexp.MustCompile("^[a-zA-Z0-9!#$&^_.+*'`|~%-]+/[a-zA-Z0-9!#$&^_.+*'`|~%-]+(?: *;.*)?$")

// checkBinaryType takes what AWS takes, which is more than media types: what is
// none stands in the list and matches nothing.
func checkBinaryType(s string) error {
	if s == "" || strings.ContainsFunc(s, unicode.IsControl) {
		return badRequest("Invalid content type specified: %s", s)
	}
	return nil
}

// checkMediaType: type/subtype. $default is API Gateway's own.
func checkMediaType(s string) error {
	if s == "$default" || mediaType.MatchString(s) {
		return nil
	}
	return badRequest("Invalid content type specified: %s", s)
}
