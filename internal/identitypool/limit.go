package identitypool

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of the service's model and of
// https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html
const (
	maxPools            = 1000 // a region
	maxUserPools        = 50
	maxProviderARNs     = 20 // of each sort
	maxPublicProviders  = 10
	maxLogins           = 10 // of one call
	maxDeveloperLogins  = 20 // of one identity
	maxMappings         = 10
	maxRules            = 25 // of one mapping
	maxTags             = 50
	maxPrincipalTags    = 50
	maxPrincipalTagSize = 460 // bytes of all keys and values
	maxPage             = 60
	maxToken            = 50000 // characters of a login token
	maxSubject          = 1024
	maxDuration         = 86400 // seconds of a developer identity's token
)

var (
	poolNames      = regexp.MustCompile(`^[\w\s+=,.@-]+$`)
	ids            = regexp.MustCompile(`^[\w-]+:[0-9a-f-]+$`)
	providerNames  = regexp.MustCompile(`^[\w._:/-]+$`)
	clientIDs      = regexp.MustCompile(`^[\w_]+$`)
	developerNames = regexp.MustCompile(`^[\w._-]+$`)
	claimNames     = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)
	accounts       = regexp.MustCompile(`^\d+$`)
	// sessionTags is what STS takes as keys and values of session tags.
	sessionTags = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	roleTypes   = regexp.MustCompile(`^(?:un)?authenticated$`)
)

// check holds a text against its bounds in characters and, unless nil, its form.
func check(member, text string, least, most int, form *regexp.Regexp) error {
	switch n := utf8.RuneCountInString(text); {
	case n < least:
		return constraint(member, "Member must have length greater than or equal to "+strconv.Itoa(least))
	case n > most:
		return constraint(member, "Member must have length less than or equal to "+strconv.Itoa(most))
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return constraint(member, "Member must be text")
	case form != nil && !form.MatchString(text):
		return constraint(member, "Member must satisfy regular expression pattern: "+strings.Trim(form.String(), "^$"))
	}
	return nil
}

// checkID is for ids of pools and identities.
func checkID(member string, id *string) error { return check(member, deref(id), 1, 55, ids) }

func checkCount(member string, n, most int) error {
	if n > most {
		return constraint(member, "Member must have length less than or equal to "+strconv.Itoa(most))
	}
	return nil
}

func checkARN(member, arn string) error {
	if err := check(member, arn, 20, 2048, nil); err != nil {
		return err
	}
	if !strings.HasPrefix(arn, "arn:") || strings.Count(arn, ":") < 5 {
		return constraint(member, "Member must be an ARN")
	}
	return nil
}

// regionOf is the region that the id of a pool or identity begins with.
func regionOf(id string) string {
	region, _, _ := strings.Cut(id, ":")
	return region
}
