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

// What is said of an entry that is not there.
const (
	noParameter   = "Invalid parameter name specified"
	noContentType = "Content-Type specified was not found"
)

// entries adds to a map of texts, changes it and takes from it. A map from which
// all is taken is none, as at AWS.
func entries(path string, of *map[string]string, missing string) patchable {
	set := func(key, value string) error { setEntry(of, key, value); return nil }
	return patchable{path: path, add: set, replace: set, remove: takeEntry(of, missing)}
}

func takeEntry[V any](from *map[string]V, missing string) func(key, _ string) error {
	return func(key, _ string) error {
		if _, there := (*from)[key]; !there {
			return notFound(missing)
		}
		if delete(*from, key); len(*from) == 0 {
			*from = nil
		}
		return nil
	}
}

// known lets only entries be replaced that are there.
func known[V any](can patchable, of *map[string]V, missing string) patchable {
	replace := can.replace
	can.replace = func(key, value string) error {
		if _, there := (*of)[key]; !there {
			return notFound(missing)
		}
		return replace(key, value)
	}
	return can
}

// filled takes no empty values.
func (can patchable) filled(name string) patchable {
	add, replace := can.add, can.replace
	unlessEmpty := func(set func(key, value string) error) func(key, value string) error {
		return func(key, value string) error {
			if value == "" {
				return badRequest("Invalid null or empty value in %s", name)
			}
			return set(key, value)
		}
	}
	can.add, can.replace = unlessEmpty(add), unlessEmpty(replace)
	return can
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
// caller writes nothing then. What cannot be changed is answered with what can.
func (p patch) apply(operations []types.PatchOperation) error {
	return p.each(operations, func(op types.PatchOperation, _ bool) error {
		choice := "Please choose supported operations"
		if paths := p.paths(op.Op); len(paths) > 0 {
			choice = "Must be one of: [" + strings.Join(paths, ", ") + "]"
		}
		return badRequest("Invalid patch path  '%s' specified for op '%s'. %s", text(op.Path), op.Op, choice)
	})
}

// applyPlainly is apply for the kinds of which AWS does not list what can be
// changed, but tells a wrong operation from a wrong path.
func (p patch) applyPlainly(operations []types.PatchOperation) error {
	return p.each(operations, func(op types.PatchOperation, known bool) error {
		if known {
			return badRequest("Invalid patch operation specified. Must be one of: [replace]")
		}
		return noPatchPath(op.Path)
	})
}

// applyTersely is apply for the kinds of which AWS says of everything that it is
// a wrong path.
func (p patch) applyTersely(operations []types.PatchOperation) error {
	return p.each(operations, func(op types.PatchOperation, _ bool) error { return noPatchPath(op.Path) })
}

func noPatchPath(path *string) error {
	if path == nil {
		return badRequest("Invalid patch path null")
	}
	return badRequest("Invalid patch path %s", *path)
}

func (p patch) each(operations []types.PatchOperation, cannot func(op types.PatchOperation, known bool) error) error {
	for _, op := range operations {
		if err := p.one(op, cannot); err != nil {
			return err
		}
	}
	return nil
}

// one carries out an operation. cannot words the refusal of one that nothing
// here does; known: it does other operations on the path.
func (p patch) one(op types.PatchOperation, cannot func(op types.PatchOperation, known bool) error) error {
	path, known := text(op.Path), false
	switch op.Op {
	case types.OpAdd, types.OpRemove, types.OpReplace:
	default: // copy, move and test are of JSON Patch, but nothing here knows them
		return badRequest("Invalid patch operation specified. Must be one of: [add, remove, replace]")
	}
	for _, can := range p {
		key, ok := matchPatchPath(can.path, path)
		if ok && can.does(op.Op) != nil {
			return can.does(op.Op)(key, text(op.Value))
		}
		known = known || ok
	}
	return cannot(op, known)
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
