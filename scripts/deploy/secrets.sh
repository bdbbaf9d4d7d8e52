#!/bin/sh
# Makes what compose.yaml is given: sh scripts/deploy/secrets.sh rabbitmq|nats|postgres
# Asked again it keeps every secret that is there, so it also changes what carries the queues.
set -eu
umask 077
queue=${1:-rabbitmq}
cd "${2:-$(dirname "$0")}"
case $queue in
rabbitmq) url=amqp://uptimeping:%s@rabbitmq:5672 profiles=rabbitmq,redis ;;
nats) url=nats://uptimeping:%s@nats:4222 profiles=nats,redis ;;
postgres) url= profiles= ;;
*) echo "secrets.sh: $queue: rabbitmq, nats or postgres was expected" >&2 && exit 64 ;;
esac
# Only the folder is closed to others: a container reads the files as a user of its own.
mkdir -p secrets
chmod 700 secrets
keep() { [ -s "secrets/$1" ] || od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$1"; }
keep postgres-password
keep broker-password
keep redis-password
keep peer-token
[ -s secrets/master-key ] || head -c 32 /dev/urandom | base64 >secrets/master-key
broker=$(cat secrets/broker-password)
redis=$(cat secrets/redis-password)

{
  echo "database-url: postgres://uptimeping:$(cat secrets/postgres-password)@postgres:5432/uptimeping"
  [ -z "$url" ] || printf "queue-url: $url\nredis-url: redis://:%s@redis:6379\n" "$broker" "$redis"
  echo "peer-token: $(cat secrets/peer-token)"
  echo "master-key-file: /run/secrets/master-key"
} >secrets/settings.yaml
printf 'requirepass %s\nappendonly yes\ndir /data\nmaxmemory 200mb\nmaxmemory-policy allkeys-lru\n' "$redis" >secrets/redis.conf
printf 'default_user = uptimeping\ndefault_pass = %s\nlog.console = true\nlog.file = false\n' "$broker" >secrets/rabbitmq.conf
printf 'port: 4222\nhttp: 8222\njetstream { store_dir: /data }\nauthorization { user: uptimeping, password: "%s" }\n' "$broker" >secrets/nats.conf
chmod 644 secrets/*
printf 'COMPOSE_PROJECT_NAME=uptimeping\nCOMPOSE_PROFILES=%s\n' "$profiles" >.env
echo "secrets/ and .env are written: keep a copy of secrets/ where backups are not"
