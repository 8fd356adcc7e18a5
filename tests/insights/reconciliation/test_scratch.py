import time
import pytest
from django.db import connection as database
from django.utils import timezone
from datetime import timedelta
from tests.support.activity.lived_usage import watch
from tests.support.roster.people import a_connection, a_workspace
from usher.activity.models import *
from usher.insights.reconciliation.exports import newest_exports
from usher.insights.reconciliation.statement import reconciling

@pytest.mark.django_db
def test_it():
    c = a_connection(); w = a_workspace(c, "Org", "acme.example"); w2 = a_workspace(c, "Side")
    w3 = a_workspace(c, "Org2", "b.example")
    watch(w, EvidenceSource.AUDIT, 100)
    t0=time.time()
    with database.cursor() as cur:
        cur.execute("INSERT INTO roster_person (connection_id, gid, name, email) SELECT %s, (100000+g)::text, 'Person '||g, 'p'||g||'@acme.example' FROM generate_series(1,21000) g", [c.pk])
        cur.execute("""INSERT INTO activity_personusage (connection_id,user_gid,as_of,last_used_at,last_used_source,last_automated_at,active_days,sessions,usage_seconds,has_logged_in,observed_at)
          SELECT %s, (100000+g)::text, current_date, now() - (g%%60)*interval '1 day', CASE WHEN g%%10<8 THEN 'console' ELSE 'audit' END, null, 5,5,5,true, now()-(g%%60)*interval '1 day' FROM generate_series(1,20000) g""", [c.pk])
        cur.execute("INSERT INTO roster_membership (person_id, workspace_id, gid, role, licence, status, since) SELECT id, %s, gid, 'member','member', CASE WHEN id%%20=0 THEN 'not_active' ELSE 'active' END, now()-interval '200 days' FROM roster_person", [w.pk])
        cur.execute("INSERT INTO roster_membership (person_id, workspace_id, gid, role, licence, status, since) SELECT id, %s, gid, 'member','member', 'active', now()-interval '200 days' FROM roster_person WHERE id%%10=0", [w2.pk])
        cur.execute("INSERT INTO roster_membership (person_id, workspace_id, gid, role, licence, status, since) SELECT id, %s, gid, 'member','member', 'active', now()-interval '200 days' FROM roster_person WHERE id%%3=0", [w3.pk])
        cur.execute("INSERT INTO activity_activeday (connection_id,user_gid,day,human,automated,sessions,usage_seconds,last_human_source) SELECT %s,(100000+g)::text, current_date - d, 1,0,1,60,'audit' FROM generate_series(1,20000) g, generate_series(1,2) d", [c.pk])
        i = ConsoleImport.objects.create(connection=c, exported_on=timezone.localdate()-timedelta(days=3), file_name="m.csv", rows=19500, matched=19000, keeps_unmatched=True)
        cur.execute("INSERT INTO activity_consolesighting (console_import_id,user_gid,last_activity_on,has_never_logged_in) SELECT %s, (100000+g)::text, current_date-(g%%50), false FROM generate_series(1,19000) g", [i.pk])
        for t in ("roster_person","roster_membership","activity_personusage","activity_activeday","activity_consolesighting","activity_listedmembership","directory_standing"):
            cur.execute("ANALYZE "+t)
    print("fill", time.time()-t0)
    def timed(name, f):
        best=min((lambda t: (f(), time.time()-t)[1])(time.time()) for _ in range(4)); print(f"{name}: {best*1000:.0f} ms")
    timed("exports", lambda: newest_exports([c]))
    ex = newest_exports([c]); assert ex[0].workspace == w
    timed("reconciling", lambda: reconciling(ex, timezone.now()))
    r = reconciling(ex, timezone.now())
    def run(q, extra=()):
        with database.cursor() as cur:
            cur.execute(r.sql+q, [*r.parameters, *extra]); return cur.fetchall()
    F=" SELECT connection_id, presence, activity, GROUPING(presence), GROUPING(activity), count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(difference)) FROM reconciled GROUP BY GROUPING SETS ((connection_id, presence),(connection_id,activity),(connection_id))"
    print(run(F))
    timed("figures", lambda: run(F))
    timed("count", lambda: run(" SELECT count(*) FROM reconciled"))
    timed("count presence", lambda: run(" SELECT count(*) FROM reconciled WHERE presence = ANY(ARRAY['both','elsewhere'])"))
    timed("count activity", lambda: run(" SELECT count(*) FROM reconciled WHERE activity = 'same'"))
    timed("page name", lambda: run(" SELECT * FROM reconciled ORDER BY name NULLS LAST, key LIMIT 50"))
    timed("page diff + count", lambda: run(" SELECT *, count(*) over () FROM reconciled WHERE activity='same' ORDER BY difference DESC NULLS LAST, name, key LIMIT 50"))
    timed("all", lambda: run(" SELECT * FROM reconciled ORDER BY key"))
    for x in run(" SELECT count(*) FROM reconciled WHERE activity = 'same'".replace("SELECT", "SELECT", 1)): print(x)
    with database.cursor() as cur:
        cur.execute("EXPLAIN (ANALYZE, BUFFERS OFF) "+r.sql+F, r.parameters)
        print("\n".join(x for (x,) in cur.fetchall()))
