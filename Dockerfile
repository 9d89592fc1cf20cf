# A small static image: the binary, certificates and time zones, and nothing else.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /tierline ./cmd/tierline \
 && mkdir -p /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /tierline /tierline
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080 2525 2424
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/tierline", "healthcheck", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["/tierline"]
CMD ["serve", "--config", "/etc/tierline/tierline.yaml"]
