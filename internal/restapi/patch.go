package restapi

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// patch is what UpdateX can change: a path, or with a last part of "*" a family
// of paths, and what is done with each.
type patch []patchable

type patchable struct {
	path    string
	replace func(key, value string) error
	add     func(key, value string) error
	remove  func(key, value string) error
	refused bool // of what is not supported: known, but nothing to choose
}

// setText replaces a text.
func setText(to *string) func(string, string) error {
	return func(_, value string) error { *to = value; return nil }
}

// entries adds to a map of texts, changes it and takes from it.
func entries(path string, of *map[string]string) patchable {
	set := func(key, value string) error { setEntry(of, key, value); return nil }
	return patchable{path: path, add: set, replace: set, remove: func(key, _ string) error {
		if _, there := (*of)[key]; !there {
			return notFound("Invalid parameter name specified")
		}
		delete(*of, key)
		return nil
	}}
}

// off takes "false" and refuses every other value of what is not supported.
func off(path, what string) patchable {
	return patchable{path: path, replace: func(_, v string) error {
		if v == "false" {
			return nil
		}
		return unsupported(what)
	}}
}

// notYet refuses a change of what is not supported.
func notYet(path, what string) patchable {
	no := func(string, string) error { return unsupported(what) }
	return patchable{path: path, replace: no, add: no, remove: no, refused: true}
}

// apply carries out the operations in order. The first that fails ends it; the
// caller writes nothing then.
func (p patch) apply(operations []types.PatchOperation) error {
	for _, op := range operations {
		if err := p.one(op); err != nil {
			return err
		}
	}
	return nil
}

func (p patch) one(op types.PatchOperation) error {
	path := text(op.Path)
	switch op.Op {
	case types.OpAdd, types.OpRemove, types.OpReplace:
	default: // copy, move and test are of JSON Patch, but nothing here knows them
		return badRequest("Invalid patch operation specified. Must be one of: [add, remove, replace]")
	}
	for _, can := range p {
		if key, ok := matchPatchPath(can.path, path); ok && can.does(op.Op) != nil {
			return can.does(op.Op)(key, text(op.Value))
		}
	}
	return badRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", path, op.Op, strings.Join(p.paths(op.Op), ", "))
}

// does is what an operation does here; nil: it can not.
func (can patchable) does(op types.Op) func(key, value string) error {
	switch op {
	case types.OpReplace:
		return can.replace
	case types.OpAdd:
		return can.add
	case types.OpRemove:
		return can.remove
	}
	return nil
}

// paths lists what an operation can change.
func (p patch) paths(op types.Op) []string {
	var paths []string
	for _, can := range p {
		if can.does(op) != nil && !can.refused {
			path := strings.Replace(can.path, "*", "{key}", 1)
			paths = append(paths, strings.Replace(path, ofMethod, "/{resourcePath}/{httpMethod}", 1))
		}
	}
	slices.Sort(paths)
	return paths
}

// ofMethod begins the patterns of what a stage says of its methods.
const ofMethod = "{method}"

// matchPatchPath compares a path with a pattern; key is what stands for "*",
// with ~1 read as / and ~0 as ~ (RFC 6901), or as it stands for ofMethod.
func matchPatchPath(pattern, path string) (key string, ok bool) {
	if setting, ofMethods := strings.CutPrefix(pattern, ofMethod); ofMethods {
		key, ok = strings.CutSuffix(path, setting)
		i := strings.LastIndexByte(key, '/')
		if !ok || i < 2 || i == len(key)-1 || key[0] != '/' {
			return "", false
		}
		return key[1:], true
	}
	family, isFamily := strings.CutSuffix(pattern, "*")
	if !isFamily {
		return "", pattern == path
	}
	key, ok = strings.CutPrefix(path, family)
	if !ok || key == "" || strings.Contains(key, "/") {
		return "", false
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(key), true
}

// setEntry adds to a map, making it if need be.
func setEntry[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = value
}
