package userpool

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// importPart is a piece of an uploaded file, sealed: it holds personal data.
type importPart struct {
	Upload  string
	Number  int64
	PoolID  string
	Expires int64 // Unix milliseconds; whatever becomes of the job, the file goes then
	Sealed  []byte
}

const (
	partSize  = 256 << 10
	maxUpload = 100 << 20 // bytes of a file, as at AWS
	fileLives = 2 * jobWaits
)

// uploadLink is where the file of a job is put, by whoever was told of it:
//
//	{ImportURL}/{pool}/{job}?Expires={unix seconds}&Signature={base64url}
func (s *Service) uploadLink(j *ImportJob) string {
	expires := strconv.FormatInt(j.Created.Add(uploadFor).Unix(), 10)
	return s.importURL + "/" + j.PoolID + "/" + j.ID + "?Expires=" + expires + "&Signature=" + s.uploadSignature(j.PoolID, j.ID, expires)
}

func (s *Service) uploadSignature(poolID, id, expires string) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.MAC(keyring.Tokens, "user-import", poolID, id, expires))
}

// ServeImport takes the files of import jobs. Mount it at the path of
// Config.ImportURL. A file may be put again until its job is started.
func (s *Service) ServeImport(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	path := strings.Split(r.URL.Path, "/")
	poolID, id := path[max(0, len(path)-2)], path[len(path)-1]
	q := r.URL.Query()
	expires := q.Get("Expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	switch {
	case r.Method != http.MethodPut:
		w.Header().Set("Allow", http.MethodPut)
		http.Error(w, "Use PUT", http.StatusMethodNotAllowed)
		return
	case err != nil || !hmac.Equal([]byte(q.Get("Signature")), []byte(s.uploadSignature(poolID, id, expires))):
		http.Error(w, "Access denied", http.StatusForbidden)
		return
	case s.clock.Now().Unix() >= until:
		http.Error(w, "Request has expired", http.StatusForbidden)
		return
	case r.ContentLength > maxUpload:
		http.Error(w, "A file has at most 100 MB", http.StatusRequestEntityTooLarge)
		return
	}
	err = s.keepUpload(r.Context(), poolID, id, http.MaxBytesReader(w, r.Body, maxUpload))
	tooLong := (*http.MaxBytesError)(nil)
	broken := errUpload{}
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.As(err, &tooLong):
		http.Error(w, "A file has at most 100 MB", http.StatusRequestEntityTooLarge)
	case errors.Is(err, store.ErrNotFound), errors.Is(err, errNotWaiting):
		http.Error(w, "The job waits for no file", http.StatusConflict)
	case errors.Is(err, errNothing):
		http.Error(w, "The file is empty", http.StatusBadRequest)
	case errors.As(err, &broken):
		http.Error(w, "The file did not arrive as a whole", http.StatusBadRequest)
	default:
		s.log.Error("an uploaded file could not be kept", "pool", poolID, "job", id, "error", err)
		http.Error(w, "Internal error", http.StatusInternalServerError)
	}
}

var (
	errNotWaiting = errors.New("userpool: the import job has begun, ended or expired")
	errNothing    = errors.New("userpool: an empty file")
)

// errUpload is about the client's side of an upload.
type errUpload struct{ error }

func (e errUpload) Unwrap() error { return e.error }

// keepUpload seals the file piece by piece. Only a whole file becomes the job's.
func (s *Service) keepUpload(ctx context.Context, poolID, id string, file io.Reader) error {
	j, err := importTable.Get(ctx, s.db, poolID, id)
	if err != nil {
		return err
	}
	if j.Status != types.UserImportJobStatusTypeCreated {
		return errNotWaiting
	}
	upload, err := newUploadID(s.random)
	if err != nil {
		return err
	}
	if err = s.keepParts(ctx, j, upload, file); err == nil {
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := importTable.Update(ctx, tx, func(j *ImportJob) error {
				if j.Status != types.UserImportJobStatusTypeCreated || j.expired(s.clock.Now()) {
					return errNotWaiting
				}
				if err := dropFile(ctx, tx, j); err != nil {
					return err
				}
				j.Upload = upload
				return nil
			}, poolID, id)
			return err
		})
	}
	if err != nil {
		// The request may be over; what it left behind must still go.
		_, dropped := partTable.DeleteWhere(context.WithoutCancel(ctx), s.db, ofUpload, upload)
		return errors.Join(err, dropped)
	}
	return nil
}

func (s *Service) keepParts(ctx context.Context, j *ImportJob, upload string, file io.Reader) error {
	piece := make([]byte, partSize)
	for number := int64(0); ; number++ {
		n, err := io.ReadFull(file, piece)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return errUpload{err}
		}
		if number == 0 && n == 0 {
			return errNothing
		}
		if n > 0 {
			part := &importPart{Upload: upload, Number: number, PoolID: j.PoolID, Expires: j.Created.Add(fileLives).UnixMilli()}
			if part.Sealed, err = s.keys.Seal(keyring.Imports, part.id(), piece[:n]); err != nil {
				return err
			}
			if err := partTable.Insert(ctx, s.db, part); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

func (p *importPart) id() string { return p.Upload + "/" + strconv.FormatInt(p.Number, 10) }

// uploadReader reads an uploaded file from some byte on, a part at a time.
type uploadReader struct {
	service *Service
	ctx     context.Context
	upload  string
	offset  int64
	rest    []byte
}

var errFileGone = errors.New("userpool: the uploaded file is gone")

func (r *uploadReader) Read(into []byte) (int, error) {
	if len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, r.rest)
	r.rest, r.offset = r.rest[n:], r.offset+int64(n)
	return n, nil
}

func (r *uploadReader) next() error {
	number, skip := r.offset/partSize, r.offset%partSize
	part, err := partTable.Get(r.ctx, r.service.db, r.upload, number)
	if errors.Is(err, store.ErrNotFound) {
		if number == 0 {
			return errFileGone
		}
		return io.EOF
	}
	if err != nil {
		return err
	}
	plain, err := r.service.keys.Open(keyring.Imports, part.id(), part.Sealed)
	if err != nil {
		return err
	}
	if int64(len(plain)) <= skip { // the last part is read
		return io.EOF
	}
	r.rest = plain[skip:]
	return nil
}

// expireImports ends jobs that nobody has started in time.
func (s *Service) expireImports(ctx context.Context, now time.Time) error {
	jobs, err := importTable.List(ctx, s.db, importsOfStatus, string(types.UserImportJobStatusTypeCreated))
	if err != nil {
		return err
	}
	var failed []error
	for _, j := range jobs {
		if j.expired(now) {
			failed = append(failed, s.changeJob(ctx, j, func(tx *store.Tx, j *ImportJob) error {
				if !j.expired(now) {
					return nil
				}
				j.end(types.UserImportJobStatusTypeExpired, importExpired, now)
				return dropFile(ctx, tx, j)
			}))
		}
	}
	return errors.Join(failed...)
}

// changeJob changes a job in a transaction. One that is gone with its pool is no error.
func (s *Service) changeJob(ctx context.Context, known *ImportJob, change func(*store.Tx, *ImportJob) error) error {
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := importTable.Update(ctx, tx, func(j *ImportJob) error { return change(tx, j) }, known.PoolID, known.ID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
