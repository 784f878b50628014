package accesslog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// LogGroup is where lines go, as CloudWatch Logs names it.
type LogGroup struct {
	Region string
	Name   string
}

// What is wrong with a destination. AWS's words for it are not known.
const (
	errDestination = Mistake("Invalid access log destination specified: it must be the ARN of a log group, arn:aws:logs:{region}:{account}:log-group:{name}")
	errElsewhere   = Mistake("Invalid access log destination specified: the log group must be of the account and the region of the API")
	errFirehose    = Mistake("An Amazon Data Firehose stream as the destination of access logs (destinationArn) is not supported by Sallyport yet")
)

var (
	logGroupARN = regexp.MustCompile(`^arn:aws[a-z-]*:logs:([^:]*):([^:]*):log-group:([^:]*)(?::\*)?$`)
	groupName   = regexp.MustCompile(`^[a-zA-Z0-9._/#-]{1,512}$`)
	regionName  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// ParseDestination reads the ARN of a log group of the account and region.
func ParseDestination(arn, account, region string) (LogGroup, error) {
	if strings.HasPrefix(arn, "arn:aws") && strings.Contains(arn, ":firehose:") {
		return LogGroup{}, errFirehose
	}
	parts := logGroupARN.FindStringSubmatch(arn)
	if parts == nil {
		return LogGroup{}, errDestination
	}
	g := LogGroup{Region: parts[1], Name: parts[3]}
	if g.Check() != nil {
		return LogGroup{}, errDestination
	}
	if g.Region != region || parts[2] != account {
		return LogGroup{}, errElsewhere
	}
	return g, nil
}

// Check wants a name that a log group and a region can have.
func (g LogGroup) Check() error {
	if !groupName.MatchString(g.Name) || !regionName.MatchString(g.Region) {
		return fmt.Errorf("%.80q in %.40q is no name of a log group: one has letters, digits and . _ / # -", g.Name, g.Region)
	}
	return nil
}

// Check holds the two settings of a stage to what Compile and ParseDestination
// take. Either may be "": only a stage that has both writes a log.
func Check(api API, destinationARN, format, account, region string) error {
	if destinationARN != "" {
		if _, err := ParseDestination(destinationARN, account, region); err != nil {
			return err
		}
	}
	if format != "" {
		if _, err := Compile(format, api); err != nil {
			return err
		}
	}
	return nil
}

const (
	suffix      = ".log"
	longestName = 200 // bytes of a file's name; file systems allow 255
	shortened   = 150
)

// file is the path of the group's log below the folder of all logs. No two
// groups have the same one, on file systems that fold case neither: a name is
// written without / and #, a capital as ^ and its letter. Of one that is too
// long the end is replaced by a digest of it all.
func (g LogGroup) file() string {
	var b strings.Builder
	for i := range len(g.Name) {
		switch c := g.Name[i]; {
		case c == '/':
			b.WriteByte('+')
		case c == '#':
			b.WriteByte('=')
		case 'A' <= c && c <= 'Z':
			b.WriteByte('^')
			b.WriteByte(c | 0x20)
		default:
			b.WriteByte(c)
		}
	}
	name := b.String()
	if len(name) > longestName {
		sum := sha256.Sum256([]byte(g.Name))
		name = name[:shortened] + "~" + hex.EncodeToString(sum[:16])
	}
	return path.Join(g.Region, name+suffix)
}

// nameOf reads the name of a group from that of its file; of one that was too
// long, its beginning with "...".
func nameOf(file string) (name string, ok bool) {
	file, ok = strings.CutSuffix(file, suffix)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(file); i++ {
		switch c := file[i]; {
		case c == '+':
			b.WriteByte('/')
		case c == '=':
			b.WriteByte('#')
		case c == '~':
			return b.String() + "...", true
		case c == '^' && i+1 < len(file) && 'a' <= file[i+1] && file[i+1] <= 'z':
			i++
			b.WriteByte(file[i] &^ 0x20)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}
