package template

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// codeSource is where a function's code comes from: a folder, a zip file, or
// text in the template.
type codeSource struct {
	at       Position
	path     string // absolute
	inline   string
	runtime  string
	build    string // "go" when there is something to compile
	metadata *node
}

// code is what goes to CreateFunction.
type code struct {
	zip    []byte
	sha256 string // base64, as Lambda's CodeSha256
}

// runtimes are those that the function service starts.
var runtimes = []string{
	"nodejs20.x", "nodejs22.x", "nodejs24.x", "provided.al2", "provided.al2023",
	"python3.11", "python3.12", "python3.13", "python3.14",
}

const (
	maxZip      = 50 << 20  // bytes zipped, as for a direct upload to Lambda
	maxUnzipped = 250 << 20 // bytes unpacked
	maxFiles    = 20000
)

// functionCode reads CodeUri or InlineCode of a SAM function.
func (l *loader) functionCode(d *declaration) *codeSource {
	p := d.resource.properties
	uri, inline := p.get("CodeUri"), p.get("InlineCode")
	c := &codeSource{at: p.at, metadata: d.body.get("Metadata")}
	switch {
	case uri != nil && inline != nil:
		l.problem(inline.at, "a function has CodeUri or InlineCode, not both")
		return nil
	case inline != nil && inline.scalar():
		c.at, c.inline = inline.at, inline.text
	case uri == nil:
		l.problem(p.at, "%s needs the property %q", samFunction, "CodeUri")
		return nil
	case uri.kind != text || strings.Contains(uri.text, "://"):
		l.problem(uri.at, "CodeUri must be the path of a folder or a zip file; code in S3 is not fetched")
		return nil
	default:
		c.at, c.path = uri.at, uri.text
	}
	l.checkCode(c, p)
	return c
}

// lambdaCode reads Code of AWS::Lambda::Function: inline text, or a path as `aws cloudformation package` takes it.
func (l *loader) lambdaCode(d *declaration) *codeSource {
	code := d.resource.properties.get("Code")
	if code == nil {
		return nil
	}
	c := &codeSource{at: code.at, metadata: d.body.get("Metadata")}
	switch {
	case code.kind == text:
		c.path = code.text
	case code.kind == mapping && code.get("ZipFile") != nil && len(code.fields) == 1 && code.get("ZipFile").kind == text:
		c.inline = code.get("ZipFile").text
	default:
		l.problem(code.at, "Code must be the path of a folder or zip file, or {ZipFile: source text}")
		return nil
	}
	l.checkCode(c, d.resource.properties)
	return c
}

// checkCode finds out what kind of code it is, and whether it can run.
func (l *loader) checkCode(c *codeSource, properties *node) {
	runtime := properties.get("Runtime")
	if !runtime.scalar() {
		return
	}
	c.runtime = runtime.text
	if !slices.Contains(runtimes, c.runtime) && c.runtime != "go1.x" {
		l.problem(runtime.at, "runtime %q is not supported%s; supported: %s", c.runtime, didYouMean(c.runtime, runtimes), names(runtimes))
		return
	}
	isGo, isNode := strings.HasPrefix(c.runtime, "provided."), strings.HasPrefix(c.runtime, "nodejs")
	if c.runtime == "go1.x" {
		l.problem(runtime.at, "runtime go1.x has been retired by AWS; use provided.al2023")
		return
	}
	if method := c.metadata.get("BuildMethod"); method != nil {
		switch {
		case strings.HasPrefix(method.text, "go") || strings.HasPrefix(method.text, "python") || strings.HasPrefix(method.text, "nodejs"):
		default:
			l.problem(method.at, "BuildMethod %q is not supported: build the code yourself and let CodeUri be the folder with the result", method.text)
		}
	}
	if c.inline != "" {
		if isGo {
			l.problem(c.at, "inline code is for nodejs and python3 runtimes")
		}
		return
	}
	c.path = l.absolute(c.path)
	info, err := os.Stat(c.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.problem(c.at, "%s does not exist; paths are relative to the template", c.path)
		return
	case err != nil:
		l.problem(c.at, "the code cannot be read: %v", err)
		return
	}
	if l.outOfBounds(c) {
		return
	}
	switch {
	case !info.IsDir():
		if filepath.Ext(c.path) != ".zip" || !info.Mode().IsRegular() {
			l.problem(c.at, "%s is neither a folder nor a zip file", c.path)
		}
		return
	}
	switch {
	case isGo && hasFile(c.path, "bootstrap"):
	case isGo && hasGo(c.path):
		c.build = "go"
	case isGo:
		l.problem(c.at, "%s holds neither a Go program to build nor a file named bootstrap", c.path)
	case isNode && hasFile(c.path, "package.json") && !hasFile(c.path, "node_modules") && hasDependencies(filepath.Join(c.path, "package.json")):
		l.problem(c.at, "the function's dependencies are not installed: run npm install in %s", c.path)
	}
}

// outOfBounds refuses code that holds the server's own data, or lies in it:
// the function could read the master key. Code from outside the template's
// folder is allowed, and said.
func (l *loader) outOfBounds(c *codeSource) bool {
	path := resolved(c.path)
	if private := resolved(l.private); l.private != "" && (within(path, private) || within(private, path)) {
		l.problem(c.at, "%s is or holds the folder of the server's data, which no function may have: choose another folder for the code, or another one with --data", c.path)
		return true
	}
	if !within(path, resolved(l.dir)) {
		l.note(c.at, "the code is taken from outside the template's folder: %s", path)
	}
	return false
}

// resolved is a path without links, as far as it exists.
func resolved(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	return path
}

// within says whether path is folder or in it.
func within(path, folder string) bool {
	rest, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rest)
}

func hasFile(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func hasGo(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return slices.ContainsFunc(files, func(f string) bool { return !strings.HasSuffix(f, "_test.go") })
}

// inlineName is the file that the handler's module is looked for in: index.handler, as in CloudFormation.
func (c *codeSource) inlineName() string {
	if strings.HasPrefix(c.runtime, "python") {
		return "index.py"
	}
	return "index.js"
}

// files reads a folder's files as they are to be zipped. Nothing outside the
// folder is read: os.Root refuses links that lead out of it.
func (c *codeSource) files() ([]packed, error) {
	root, err := os.OpenRoot(c.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var all []packed
	total := int64(0)
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && ignored(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		info, err := root.Stat(name) // follows a link, within the folder
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !info.Mode().IsRegular() {
			if info.IsDir() { // a link to a folder: its files are where the link points
				return nil
			}
			return fmt.Errorf("%s is not a regular file", name)
		}
		if total += info.Size(); total > maxUnzipped || len(all) >= maxFiles {
			return fmt.Errorf("the code is too large: at most %d MB in %d files", maxUnzipped>>20, maxFiles)
		}
		content, err := root.ReadFile(name)
		if err != nil {
			return err
		}
		all = append(all, packed{name: name, content: content, executable: info.Mode()&0o111 != 0})
		return nil
	})
	return all, err
}

// ignored are files that are never part of a function.
func ignored(name string) bool {
	return slices.Contains([]string{".git", ".gitignore", ".aws-sam", ".DS_Store", "__pycache__", ".build", ".venv", ".idea", ".vscode"}, name) ||
		strings.HasSuffix(name, "~") || strings.HasSuffix(name, ".swp")
}

func newCode(zipped []byte) (code, error) {
	if len(zipped) > maxZip {
		return code{}, fmt.Errorf("the zipped code has %d MB; at most %d are allowed", len(zipped)>>20, maxZip>>20)
	}
	sum := sha256.Sum256(zipped)
	return code{zip: zipped, sha256: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// readZip takes a ready zip file as it is.
func (c *codeSource) readZip() ([]byte, error) {
	b, err := readLimited(c.path, maxZip)
	if err == nil && !bytes.HasPrefix(b, []byte("PK")) {
		err = fmt.Errorf("%s is not a zip file", c.path)
	}
	return b, err
}
