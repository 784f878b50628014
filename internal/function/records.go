package function

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"github.com/sallyport/sallyport/internal/store"
)

// Configuration is everything that decides how one version runs, and how it is shown.
type Configuration struct {
	Description   string
	Handler       string
	Role          string
	Runtime       string
	Architecture  string
	MemoryMB      int32
	Timeout       int32  // seconds
	Environment   []byte `json:",omitempty"` // JSON object, sealed under EnvironmentID
	EnvironmentID string `json:",omitempty"`
	CodeSHA256    string // hex, of the zip
	CodeSize      int64  // bytes, of the zip
	Build         string // new whenever code or configuration is
	RevisionID    string
	LastModified  int64 // Unix milliseconds
}

// functionRow is a function: $LATEST and what all versions share.
type functionRow struct {
	Region      string
	Name        string
	Latest      Configuration
	LastVersion int64  // highest number ever published
	Reserved    *int32 `json:",omitempty"` // concurrency; nil: none reserved
	Tags        map[string]string
	Policies    map[string]*resourcePolicy // by qualifier; "" is the function itself
}

// versionRow is a published version. It never changes.
type versionRow struct {
	Region        string
	Function      string
	Number        int64
	Configuration Configuration
}

type aliasRow struct {
	Region      string
	Function    string
	Name        string
	Description string
	Version     string
	Weights     map[string]float64 `json:",omitempty"` // of other versions, 0 to 1
	RevisionID  string
}

// codeRow is a part of a zip. Parts keep single values small for both engines.
type codeRow struct {
	SHA256 string
	Part   int64
	Bytes  []byte
}

const codePart = 1 << 20

var functionTable = store.NewTable(store.Schema[functionRow]{
	Table: "functions",
	Key: []store.Column[functionRow]{
		{Name: "region", Value: func(r *functionRow) any { return r.Region }},
		{Name: "name", Value: func(r *functionRow) any { return r.Name }},
	},
	Columns: []store.Column[functionRow]{
		{Name: "code_sha256", Value: func(r *functionRow) any { return r.Latest.CodeSHA256 }},
	},
	Feed: true,
})

var versionTable = store.NewTable(store.Schema[versionRow]{
	Table: "function_versions",
	Key: []store.Column[versionRow]{
		{Name: "region", Value: func(r *versionRow) any { return r.Region }},
		{Name: "function_name", Value: func(r *versionRow) any { return r.Function }},
		{Name: "number", Value: func(r *versionRow) any { return r.Number }},
	},
	Columns: []store.Column[versionRow]{
		{Name: "code_sha256", Value: func(r *versionRow) any { return r.Configuration.CodeSHA256 }},
	},
	Feed: true,
})

var aliasTable = store.NewTable(store.Schema[aliasRow]{
	Table: "function_aliases",
	Key: []store.Column[aliasRow]{
		{Name: "region", Value: func(r *aliasRow) any { return r.Region }},
		{Name: "function_name", Value: func(r *aliasRow) any { return r.Function }},
		{Name: "name", Value: func(r *aliasRow) any { return r.Name }},
	},
	Feed: true,
})

var codeTable = store.NewTable(store.Schema[codeRow]{
	Table: "function_code",
	Key: []store.Column[codeRow]{
		{Name: "sha256", Value: func(r *codeRow) any { return r.SHA256 }},
		{Name: "part", Value: func(r *codeRow) any { return r.Part }},
	},
})

const (
	functionsAfter  = "region = $1 and name > $2 order by name limit $3"
	versionsOf      = "region = $1 and function_name = $2 order by number"
	versionsAfter   = "region = $1 and function_name = $2 and number > $3 order by number limit $4"
	aliasesOf       = "region = $1 and function_name = $2 order by name"
	aliasesAfter    = "region = $1 and function_name = $2 and name > $3 order by name limit $4"
	ofFunction      = "region = $1 and function_name = $2"
	byCode          = "code_sha256 = $1"
	partsOf         = "sha256 = $1 order by part"
	ofCode          = "sha256 = $1"
	latest          = "$LATEST"
	lastModifiedAWS = "2006-01-02T15:04:05.000+0000"
)

// keepCode stores a zip unless it is there already.
func keepCode(ctx context.Context, tx *store.Tx, sha string, zip []byte) error {
	n, err := codeTable.Count(ctx, tx, ofCode, sha)
	if err != nil || n > 0 {
		return err
	}
	for part := int64(0); len(zip) > 0; part++ {
		size := min(len(zip), codePart)
		if err := codeTable.Insert(ctx, tx, &codeRow{sha, part, zip[:size]}); err != nil {
			return err
		}
		zip = zip[size:]
	}
	return nil
}

// dropCode removes a zip that nothing refers to any more.
func dropCode(ctx context.Context, tx *store.Tx, sha string) error {
	functions, err := functionTable.Count(ctx, tx, byCode, sha)
	if err != nil || functions > 0 {
		return err
	}
	versions, err := versionTable.Count(ctx, tx, byCode, sha)
	if err != nil || versions > 0 {
		return err
	}
	_, err = codeTable.DeleteWhere(ctx, tx, ofCode, sha)
	return err
}

func readCode(ctx context.Context, s store.Session, sha string) ([]byte, error) {
	parts, err := codeTable.List(ctx, s, partsOf, sha)
	if err != nil {
		return nil, err
	}
	var zip []byte
	for _, p := range parts {
		zip = append(zip, p.Bytes...)
	}
	return zip, nil
}

// base64Of is the hash as AWS writes it.
func base64Of(hexSHA string) string {
	raw, _ := hex.DecodeString(hexSHA) // made by us
	return base64.StdEncoding.EncodeToString(raw)
}

func (v *versionRow) label() string { return strconv.FormatInt(v.Number, 10) }
