package function

import (
	"regexp"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
)

const (
	namePattern  = `(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`
	aliasPattern = `(?!^[0-9]+$)([a-zA-Z0-9-_]+)`
	rolePattern  = `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`
	maxName      = 64
)

var (
	nameForm      = regexp.MustCompile(`^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9_-]+)(?::(\$LATEST|[a-zA-Z0-9_-]+))?$`)
	qualifierForm = regexp.MustCompile(`^(?:\$LATEST|[a-zA-Z0-9_-]{1,128})$`)
	aliasForm     = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	numberForm    = regexp.MustCompile(`^[0-9]+$`)
	roleForm      = regexp.MustCompile(`^arn:aws[a-zA-Z-]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@/-]+$`)
)

// target is what a FunctionName and a Qualifier mean together.
type target struct{ region, account, name, qualifier string }

// arn is the function's, with the qualifier if there is one.
func (t target) arn() string {
	arn := "arn:aws:lambda:" + t.region + ":" + t.account + ":function:" + t.name
	if t.qualifier != "" {
		arn += ":" + t.qualifier
	}
	return arn
}

func (t target) at(qualifier string) target {
	t.qualifier = qualifier
	return t
}

// parseName takes all forms of a name: name, name:alias, account:function:name and the full ARN.
func parseName(text, region, account string) (target, bool) {
	m := nameForm.FindStringSubmatch(text)
	if m == nil || len(m[3]) > maxName || len(text) > 170 {
		return target{}, false
	}
	t := target{region, account, m[3], m[4]}
	if m[1] != "" {
		t.region = m[1]
	}
	if m[2] != "" {
		t.account = m[2]
	}
	return t, true
}

// find reads name and qualifier of a call. It says nothing about whether the function exists.
func find(call *access.Call, name, qualifier *string) (target, error) {
	t, ok := parseName(text(name), call.Region, call.Account)
	if !ok {
		return t, constraint(text(name), "functionName", "Member must satisfy regular expression pattern: "+namePattern)
	}
	if q := text(qualifier); q != "" {
		if !qualifierForm.MatchString(q) {
			return t, constraint(q, "qualifier", `Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)`)
		}
		if t.qualifier != "" && t.qualifier != q {
			return t, invalid("The derived qualifier from the function name does not match the specified qualifier.")
		}
		t.qualifier = q
	}
	return t, nil
}

// here is find for a handler: the function must be one of this deployment and region.
func here(call *access.Call, name, qualifier *string) (target, error) {
	t, err := find(call, name, qualifier)
	switch {
	case err != nil:
		return t, err
	case t.region != call.Region:
		return t, missing("Functions from '" + t.region + "' are not reachable in this region ('" + call.Region + "')")
	case t.account != call.Account:
		return t, notFound(t.arn())
	}
	return t, nil
}

// whole is here for operations that are about the function and not a version of it.
func whole(call *access.Call, name *string) (target, error) {
	t, err := here(call, name, nil)
	if err == nil && t.qualifier != "" {
		err = invalid("This operation takes the function without a version or alias: %s", t.at("").arn())
	}
	return t, err
}

func isNumber(qualifier string) bool { return numberForm.MatchString(qualifier) }

// resourceARN reads the Resource of the tag operations.
func resourceARN(call *access.Call, resource *string) (target, error) {
	arn := text(resource)
	t, err := here(call, resource, nil)
	if err != nil || !strings.HasPrefix(arn, "arn:") {
		return t, constraint(arn, "resource", `Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?)`)
	}
	if t.qualifier != "" {
		return t, invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	}
	return t, nil
}
