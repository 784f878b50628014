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
}

// setText replaces a text.
func setText(to *string) func(string, string) error {
	return func(_, value string) error { *to = value; return nil }
}

// notYet refuses a change of what is not supported.
func notYet(path, what string) patchable {
	no := func(string, string) error { return unsupported(what) }
	return patchable{path: path, replace: no, add: no, remove: no}
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
	for _, can := range p {
		key, ok := matchPatchPath(can.path, path)
		if !ok {
			continue
		}
		var do func(key, value string) error
		switch op.Op {
		case types.OpReplace:
			do = can.replace
		case types.OpAdd:
			do = can.add
		case types.OpRemove:
			do = can.remove
		}
		if do == nil {
			return badRequest("Invalid patch operation specified. Operation '%s' is not supported for path '%s'", op.Op, path)
		}
		return do(key, text(op.Value))
	}
	return badRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", path, op.Op, strings.Join(p.paths(), ", "))
}

// paths lists what can be changed.
func (p patch) paths() []string {
	var paths []string
	for _, can := range p {
		paths = append(paths, strings.Replace(can.path, "*", "{key}", 1))
	}
	slices.Sort(paths)
	return paths
}

// matchPatchPath compares a path with a pattern; key is what stands for "*",
// with ~1 read as / and ~0 as ~ (RFC 6901).
func matchPatchPath(pattern, path string) (key string, ok bool) {
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
