# A dump has its name only when it is whole. 30 daily ones are kept, and the first of each of 12 months.
cd "${BACKUPS:-/backups}"
day=$(date -u +%Y-%m-%d)
month=$(date -u +%Y-%m)
pg_dump --format=custom --file="unfinished-$day" "$DATABASE_URL"
mv "unfinished-$day" "daily-$day.dump"
[ -e "monthly-$month.dump" ] || ln "daily-$day.dump" "monthly-$month.dump"
ls -1 daily-*.dump | sort -r | tail -n +31 | xargs -r rm --
ls -1 monthly-*.dump | sort -r | tail -n +13 | xargs -r rm --
