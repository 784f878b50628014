package account

import (
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Assertions and Protocols for the OASIS Security Assertion Markup Language
// (SAML) V2.0, as far as an assertion's word is taken here. What may stand
// there once is a list, so that a second one is seen.
type assertionText struct {
	XMLName      xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:assertion Assertion"`
	ID           string   `xml:"ID,attr"`
	Version      string   `xml:"Version,attr"`
	IssueInstant string   `xml:"IssueInstant,attr"`
	Issuers      []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Subjects     []struct {
		Names []struct {
			Format string `xml:"Format,attr"`
			Value  string `xml:",chardata"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
		Confirmations []struct {
			Method string `xml:"Method,attr"`
			Data   []struct {
				NotBefore    string `xml:"NotBefore,attr"`
				NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
				Recipient    string `xml:"Recipient,attr"`
			} `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmationData"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmation"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Subject"`
	Conditions []struct {
		NotBefore    string `xml:"NotBefore,attr"`
		NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
		Restrictions []struct {
			Audiences []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Audience"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AudienceRestriction"`
		OneTimeUse []struct{} `xml:"urn:oasis:names:tc:SAML:2.0:assertion OneTimeUse"`
		Proxy      []struct{} `xml:"urn:oasis:names:tc:SAML:2.0:assertion ProxyRestriction"`
		Others     []struct{} `xml:",any"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Conditions"`
	SignIns []struct {
		SessionEnd string `xml:"SessionNotOnOrAfter,attr"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AuthnStatement"`
	Attributes []struct {
		Name   string   `xml:"Name,attr"`
		Values []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion AttributeValue"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AttributeStatement>Attribute"`
}

// responseText is what is read of the response around it.
type responseText struct {
	Version     string   `xml:"Version,attr"`
	Destination string   `xml:"Destination,attr"`
	Issuers     []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Codes       []struct {
		Value string `xml:"Value,attr"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:protocol Status>StatusCode"`
}

const (
	bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	// redeemable is how long after it was issued an assertion is taken, as at AWS.
	redeemable = 5 * time.Minute
	// samlLeeway forgives a provider's clock that is ahead. No end is moved by it.
	samlLeeway = time.Minute
)

// signInPages are AWS's addresses for assertions, of all regions and of one.
var signInPages = regexp.MustCompile(`^https://(?:[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}\.)?signin\.aws\.amazon\.com/saml$`)

func (s *Service) isRecipient(address string) bool {
	return signInPages.MatchString(address) || s.neighbours.URL != "" && address == s.neighbours.URL+"/saml"
}

func (s *Service) isAudience(name string) bool {
	return name == "urn:amazon:webservices" || s.isRecipient(name)
}

// The ways in which an assertion is refused, each with an error of AWS's of its own.
var (
	errRejected  = errors.New("the provider says that the person has not signed in")
	errTooLate   = errors.New("the assertion is over")
	errAudience  = errors.New("the assertion is for somebody else")
	errNotIssuer = errors.New("the issuer is not the provider")
)

// accept checks what a proved assertion says of itself: who, for whom, and when.
func (s *Service) accept(d *samlDescriptor, r *responseText, a *assertionText, now time.Time) (*SAMLIdentity, error) {
	switch {
	case r.Version != "2.0" || a.Version != "2.0":
		return nil, errors.New("it is not of version 2.0")
	case len(r.Codes) != 1 || r.Codes[0].Value != statusSuccess:
		return nil, errRejected
	case len(a.Issuers) != 1 || a.Issuers[0] != d.entityID || len(r.Issuers) > 1 || len(r.Issuers) == 1 && r.Issuers[0] != d.entityID:
		return nil, errNotIssuer
	case r.Destination != "" && !s.isRecipient(r.Destination):
		return nil, errAudience
	case a.ID == "":
		return nil, errors.New("the assertion has no ID")
	case len(a.Subjects) != 1 || len(a.Subjects[0].Names) != 1 || a.Subjects[0].Names[0].Value == "":
		return nil, errors.New("it must have one Subject with one NameID")
	case len(a.Conditions) != 1:
		return nil, errors.New("it must have Conditions")
	}
	if !d.validUntil.IsZero() && !now.Before(d.validUntil) {
		return nil, fmt.Errorf("the provider's metadata was valid until %s", d.validUntil.Format(time.RFC3339))
	}
	who := &SAMLIdentity{ID: a.ID, Issuer: d.entityID, Subject: a.Subjects[0].Names[0].Value, Format: a.Subjects[0].Names[0].Format}
	var err error
	if who.Issued, err = instant(a.IssueInstant); err != nil || who.Issued.IsZero() {
		return nil, errors.New("the IssueInstant is not a time")
	}
	if who.Issued.After(now.Add(samlLeeway)) {
		return nil, errors.New("the assertion is of the future")
	}
	if !now.Before(who.Issued.Add(redeemable)) {
		return nil, errTooLate
	}
	conditions := &a.Conditions[0]
	if err := within(conditions.NotBefore, conditions.NotOnOrAfter, now); err != nil {
		return nil, err
	}
	if len(conditions.Others) > 0 { // the standard: whoever does not know a condition must not take it as met
		return nil, errors.New("it has a condition that is not known here")
	}
	if len(conditions.Restrictions) == 0 {
		return nil, errAudience
	}
	for _, restriction := range conditions.Restrictions {
		if !slices.ContainsFunc(restriction.Audiences, s.isAudience) {
			return nil, errAudience
		}
	}
	if who.Recipient, err = s.confirmed(a, now); err != nil {
		return nil, err
	}
	for _, in := range a.SignIns {
		end, err := instant(in.SessionEnd)
		if err != nil {
			return nil, errors.New("SessionNotOnOrAfter is not a time")
		}
		if end.IsZero() {
			continue
		}
		if !now.Before(end) {
			return nil, errTooLate
		}
		if who.SessionEnd.IsZero() || end.Before(who.SessionEnd) {
			who.SessionEnd = end
		}
	}
	who.Attributes = map[string][]string{}
	for _, attribute := range a.Attributes {
		who.Attributes[attribute.Name] = append(who.Attributes[attribute.Name], attribute.Values...)
	}
	return who, nil
}

// confirmed finds the confirmation by which whoever carries the assertion here
// now is its subject.
func (s *Service) confirmed(a *assertionText, now time.Time) (recipient string, err error) {
	err = errors.New("no SubjectConfirmation is for its bearer")
	for _, c := range a.Subjects[0].Confirmations {
		if c.Method != bearer || len(c.Data) != 1 {
			continue
		}
		data := c.Data[0]
		if data.NotOnOrAfter == "" { // the bearer profile asks for one
			continue
		}
		if failed := within(data.NotBefore, data.NotOnOrAfter, now); failed != nil {
			err = failed
			continue
		}
		if !s.isRecipient(data.Recipient) {
			err = errAudience
			continue
		}
		return data.Recipient, nil
	}
	return "", err
}

// within reports whether now lies between two instants, either of which may be "".
func within(from, to string, now time.Time) error {
	begin, err := instant(from)
	if err != nil {
		return errors.New("NotBefore is not a time")
	}
	end, err := instant(to)
	if err != nil {
		return errors.New("NotOnOrAfter is not a time")
	}
	switch {
	case !begin.IsZero() && now.Add(samlLeeway).Before(begin):
		return errors.New("the assertion is of the future")
	case !end.IsZero() && !now.Before(end):
		return errTooLate
	}
	return nil
}

func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}
