package account

import (
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/policy"
)

// The folder managed holds the policies of AWS's own that templates commonly
// name: each document as AWS publishes it, and the index, which says where it
// lies, what it is for, which version of it this is and since when.
//
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
//
//go:embed managed
var managedFiles embed.FS

const ofAWS = "arn:aws:iam::aws:policy/"

// awsPolicy is one of them. It is compiled when somebody first has it.
type awsPolicy struct {
	managedPolicy
	compile func() *policy.Policy
}

// awsPolicies are those by ARN, read when the first of them is asked for, so
// that a start does not wait for it.
var awsPolicies = sync.OnceValue(readManaged)

// awsManaged is AWS's policy of that ARN, nil if there is none.
func awsManaged(arn string) *awsPolicy {
	if !strings.HasPrefix(arn, ofAWS) {
		return nil
	}
	return awsPolicies()[arn]
}

// awsCompiled is awsManaged ready to decide.
func awsCompiled(arn string) *policy.Policy {
	if p := awsManaged(arn); p != nil {
		return p.compile()
	}
	return nil
}

func readManaged() map[string]*awsPolicy {
	var list []struct {
		Path, Name, Description string
		Version                 int
		Updated                 time.Time
	}
	must(json.Unmarshal(managedFile("index"), &list))
	since := time.Date(2015, 2, 6, 18, 40, 0, 0, time.UTC) // when AWS's first ones appeared; it does not say it of each
	all := make(map[string]*awsPolicy, len(list))
	for _, p := range list {
		arn, text := strings.TrimSuffix(ofAWS, "/")+p.Path+p.Name, strings.TrimSpace(string(managedFile(p.Name)))
		sum := sha256.Sum256([]byte(arn))
		created := since
		if p.Version == 1 {
			created = p.Updated
		}
		all[arn] = &awsPolicy{
			managedPolicy: managedPolicy{
				ARN: arn, ID: "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17], Name: p.Name, Path: p.Path, Description: p.Description,
				Created: created, Updated: p.Updated, Default: p.Version, Next: p.Version + 1, Versions: []policyVersion{{p.Version, text, p.Updated}},
			},
			compile: sync.OnceValue(func() *policy.Policy { return policy.MustParse(policy.Managed, text) }),
		}
	}
	return all
}

func managedFile(name string) []byte {
	text, err := managedFiles.ReadFile("managed/" + name + ".json")
	must(err)
	return text
}

// must is for what was built in, which cannot fail but by a mistake in it; tests read all of it.
func must(err error) {
	if err != nil {
		panic("account: AWS's policies: " + err.Error())
	}
}
