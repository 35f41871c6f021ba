#!/usr/bin/env bash
# A real S3 server for the tests: Ceph's RADOS gateway, one node, loopback only, everything in memory.
#
#   ceph-rgw.sh start     from nothing in about 40 s on Debian as root, about 2 s once its root exists;
#                         prints the connection as NAME=value lines on standard output
#   ceph-rgw.sh stop      ends the daemons it started (by their pid files) and nothing else
#
# Knobs (environment):
#   CEPH_SUITE=sid         Debian suite whose ceph is used (sid: 20.x, checks SHA-256 and If-None-Match)
#   CEPH_HOME=~/.cache/ceph-rgw-$CEPH_SUITE   the Debian root it lives in; the base system stays untouched
#   RGW_PORT=8020 MON_PORT=13320
#   OSD_STORE=memstore     or bluestore (file-backed)
#   RGW_LC_DEBUG_INTERVAL= seconds that count as one lifecycle day, e.g. 5
#
# Virtual-host style works under localhost (BUCKET.localhost:8020); path style under 127.0.0.1.
set -euo pipefail
SUITE=${CEPH_SUITE:-sid}
ROOT=${CEPH_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/ceph-rgw-$SUITE}
RGW_PORT=${RGW_PORT:-8020}
MON_PORT=${MON_PORT:-13320}
LAB=/lab            # inside the root
OUT=$ROOT$LAB       # the same folder, from outside

ACCESS_KEY=${S3_ACCESS_KEY:-AKIATESTMAINUSER0001}
SECRET_KEY=${S3_SECRET_KEY:-test-main-secret-test-main-secret-test-1}
OTHER_ACCESS_KEY=${S3_OTHER_ACCESS_KEY:-AKIATESTOTHERUSER001}
OTHER_SECRET_KEY=${S3_OTHER_SECRET_KEY:-test-other-secret-test-other-secret-tst1}

say() { echo "ceph-rgw: $*" >&2; }
# Bash's own TCP: a bare Debian has no curl
answers() {
  local line=
  { exec 3<>"/dev/tcp/127.0.0.1/$RGW_PORT" && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && read -r -t 5 line <&3; } 2>/dev/null || true
  { exec 3>&-; } 2>/dev/null || true
  [[ $line == HTTP/1* ]]
}
is_ours() { case "$(cat "/proc/$1/comm" 2>/dev/null)" in radosgw*|ceph-*) return 0 ;; *) return 1 ;; esac; }

stop() {
  local daemon file pid
  for daemon in radosgw osd mon; do
    file=$OUT/run/$daemon.pid
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    is_ours "$pid" && kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do is_ours "$pid" || break; sleep 0.1; done
    is_ours "$pid" && kill -9 "$pid" 2>/dev/null || true
    rm -f "$file"
  done
}

make_root() {
  # the package mirror this machine already uses
  local mirror
  mirror=$({ cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true; } |
    sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p; s/^deb (\[[^]]*\] )?([^[:space:]]+).*/\2/p' | grep -m1 -E '/debian/?$' || true)
  [ -n "$mirror" ] || { say "no Debian package source found on this machine"; exit 1; }
  if ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
  fi
  say "building a $SUITE root in $ROOT"
  # under another name until it is whole, so that a build that breaks off is not taken for a root
  local unfinished=$ROOT.unfinished
  rm -rf "$ROOT" "$unfinished"
  mkdir -p "$(dirname "$ROOT")"
  mmdebstrap --quiet --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include=ceph-mon,ceph-osd,radosgw,ceph-common "$SUITE" "$unfinished" "deb $mirror $SUITE main" >&2
  mv "$unfinished" "$ROOT"
}

case "${1:-start}" in
  stop) stop; exit 0 ;;
  start) ;;
  *) say "usage: ceph-rgw.sh start|stop"; exit 2 ;;
esac

[ -x "$ROOT/usr/bin/radosgw" ] || make_root
# a mount namespace of its own, so that no mount stays behind on the machine
[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare -m --propagation private "$0" start
mount -t proc proc "$ROOT/proc"
mount --bind /dev "$ROOT/dev"
for tool in monmaptool ceph-authtool ceph-mon ceph-osd ceph radosgw-admin radosgw; do
  eval "$tool() { chroot '$ROOT' $tool \"\$@\"; }"
done

stop
rm -rf "$OUT"
mkdir -p "$OUT"/{run,log,mon,osd,rgw}
cat > "$OUT/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon_host = v2:127.0.0.1:$MON_PORT
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = $LAB/run
admin_socket = $LAB/run/\$cluster-\$name.\$pid.asok
log_file = $LAB/log/\$name.log
crash_dir = $LAB/log
mon_data = $LAB/mon
osd_data = $LAB/osd
keyring = $LAB/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_warn = 2
mon_data_avail_crit = 1
mon_max_pg_per_osd = 1000
mon_cluster_log_file = $LAB/log/cluster.log
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[osd]
osd_objectstore = ${OSD_STORE:-memstore}
memstore_device_bytes = 4294967296
bluestore_block_size = 10737418240
bluestore_block_create = true
osd_memory_target = 939524096
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:$RGW_PORT tcp_nodelay=1
rgw_dns_name = localhost
rgw_data = $LAB/rgw
rgw_enable_usage_log = false
rgw_run_sync_thread = false
ms_mon_client_mode = crc secure
rgw_lc_debug_interval = ${RGW_LC_DEBUG_INTERVAL:--1}
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
CONF
C="-c $LAB/ceph.conf"
FSID=$(sed -n 's/^fsid = //p' "$OUT/ceph.conf")
monmaptool --create --clobber --fsid "$FSID" --addv a "[v2:127.0.0.1:$MON_PORT]" "$LAB/monmap" >/dev/null
ceph-authtool --create-keyring "$LAB/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-authtool "$LAB/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
ceph-mon $C --mkfs -i a --monmap "$LAB/monmap" --keyring "$LAB/keyring"
ceph-mon $C -i a --pid-file "$LAB/run/mon.pid"
OSD_UUID=$(cat /proc/sys/kernel/random/uuid)
ceph $C osd new "$OSD_UUID" 0 >/dev/null
ceph-osd $C -i 0 --mkfs --osd-uuid "$OSD_UUID" >/dev/null 2>"$OUT/log/osd-mkfs.err"
ceph-osd $C -i 0 --pid-file "$LAB/run/osd.pid"
for _ in $(seq 300); do ceph $C osd stat 2>/dev/null | grep -q '1 up' && break; sleep 0.1; done
# users first: radosgw-admin makes the zone's pools, then the gateway starts on them
radosgw-admin $C -n client.rgw.a user create --uid=main --display-name=main --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" >"$OUT/log/user-main.json"
radosgw-admin $C -n client.rgw.a user create --uid=other --display-name=other --access-key="$OTHER_ACCESS_KEY" --secret-key="$OTHER_SECRET_KEY" >"$OUT/log/user-other.json"
radosgw $C -n client.rgw.a --pid-file "$LAB/run/radosgw.pid"
for _ in $(seq 300); do answers && break; sleep 0.1; done
answers || { say "the gateway does not answer; see $OUT/log"; exit 1; }
say "S3 on http://127.0.0.1:$RGW_PORT"
cat <<ENV
TEST_S3_ENDPOINT=http://127.0.0.1:$RGW_PORT
TEST_S3_REGION=us-east-1
TEST_S3_ACCESS_KEY_ID=$ACCESS_KEY
TEST_S3_SECRET_ACCESS_KEY=$SECRET_KEY
TEST_S3_OTHER_ACCESS_KEY_ID=$OTHER_ACCESS_KEY
TEST_S3_OTHER_SECRET_ACCESS_KEY=$OTHER_SECRET_KEY
ENV
