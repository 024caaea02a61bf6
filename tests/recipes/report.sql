-- SPDX-License-Identifier: MIT
-- What `trifecta report` must count, worked out again from the records alone (records.ndjson; kinds.json: explain --json): a row a number, as
-- tests/e2e/report_numbers.jq prints those of the report: table, row, column, count, of, unknown, tab separated.

CREATE MACRO answer(status, yes) AS CASE WHEN status = 'temperror' THEN 'u' WHEN status = 'not_checked' THEN 'x' WHEN yes THEN 'y' ELSE 'n' END;

CREATE TABLE everything AS SELECT row_number() OVER () AS id, *
FROM read_json('records.ndjson', format = 'newline_delimited', maximum_object_size = 67108864, columns = {
    domain: 'VARCHAR', rank: 'BIGINT', tag: 'VARCHAR', outcome: 'VARCHAR', posture: 'VARCHAR', spoofable: 'BOOLEAN', sends: 'VARCHAR',
    findings: 'STRUCT(id VARCHAR, severity VARCHAR)[]',
    mx: 'STRUCT(status VARCHAR, providers VARCHAR[])',
    spf: 'STRUCT(status VARCHAR, "all" VARCHAR, lookups BIGINT, void_lookups BIGINT, includes VARCHAR[], providers VARCHAR[], ipv4_addresses BIGINT,
          ipv6_slash64s BIGINT, exact BOOLEAN)',
    dkim: 'STRUCT(status VARCHAR, selectors STRUCT(selector VARCHAR, status VARCHAR, key_type VARCHAR, key_bits BIGINT, testing BOOLEAN, cname VARCHAR,
           record VARCHAR)[])',
    dmarc: 'STRUCT(status VARCHAR, inherited BOOLEAN, policy VARCHAR, subdomain_policy VARCHAR, nonexistent_policy VARCHAR, policy_9989 VARCHAR,
            policy_7489 VARCHAR, effective_policy VARCHAR, testing BOOLEAN, pct BIGINT, adkim VARCHAR, aspf VARCHAR, rua VARCHAR[], ruf VARCHAR[],
            report_vendors VARCHAR[], unauthorized_report_domains VARCHAR[])',
    mta_sts: 'STRUCT(status VARCHAR)', tls_rpt: 'STRUCT(status VARCHAR)', bimi: 'STRUCT(status VARCHAR)',
    dns: 'STRUCT(failed STRUCT(type VARCHAR, error VARCHAR)[])'});

CREATE TABLE kinds AS SELECT id, mechanism FROM read_json('kinds.json', columns = {id: 'VARCHAR', mechanism: 'VARCHAR'}) WHERE mechanism IS NOT NULL; -- a posture has none

CREATE TABLE names AS SELECT *,
    answer(mx.status, mx.status = 'ok') AS a_mx, answer(mx.status, mx.status = 'null_mx') AS a_null_mx,
    answer(spf.status, spf.status IN ('valid', 'permerror')) AS a_spf, answer(spf.status, spf.status = 'valid') AS a_spf_valid,
    answer(dkim.status, dkim.status = 'found') AS a_dkim, answer(dmarc.status, dmarc.status = 'valid') AS a_dmarc,
    answer(dmarc.status, dmarc.effective_policy IN ('quarantine', 'reject')) AS a_enforced, answer(dmarc.status, dmarc.effective_policy = 'reject') AS a_reject,
    answer(mta_sts.status, mta_sts.status = 'valid') AS a_mta_sts, answer(tls_rpt.status, tls_rpt.status = 'valid') AS a_tls_rpt,
    answer(bimi.status, bimi.status = 'valid') AS a_bimi,
    CASE WHEN spoofable THEN 'y' WHEN NOT spoofable THEN 'n' WHEN dmarc.status = 'not_checked' THEN 'x' ELSE 'u' END AS a_spoofable,
    CASE WHEN posture = 'unknown' THEN 'u' ELSE 'n' END AS a_posture
FROM everything WHERE outcome <> 'excluded';

CREATE TABLE numbers (t VARCHAR, row VARCHAR, col VARCHAR, count BIGINT, whole BIGINT, unknown BIGINT);

-- overview
INSERT INTO numbers
SELECT 'names', what, 'names', count, NULL, NULL FROM (
    SELECT 'with a record' AS what, (SELECT count(*) FROM everything) AS count
    UNION ALL SELECT 'excluded, never asked about', (SELECT count(*) FROM everything WHERE outcome = 'excluded')
    UNION ALL SELECT 'asked about', (SELECT count(*) FROM names)
    UNION ALL SELECT title, (SELECT count(*) FROM names WHERE outcome = word) FROM (VALUES
        ('that exist', 'ok'), ('that do not exist (NXDOMAIN)', 'nxdomain'), ('unknown: SERVFAIL', 'servfail'), ('unknown: REFUSED', 'refused'),
        ('unknown: timeout', 'timeout'), ('unknown: bad response', 'bad_response')) AS v(title, word))
UNION ALL SELECT 'names', title, 'share', count(*) FILTER (outcome = word), count(*) FILTER (outcome IN ('ok', 'nxdomain')), count(*) FILTER (outcome NOT IN ('ok', 'nxdomain'))
    FROM names, (VALUES ('that exist', 'ok'), ('that do not exist (NXDOMAIN)', 'nxdomain')) AS v(title, word) GROUP BY title;

CREATE TABLE postures AS SELECT * FROM (VALUES ('protected', 'protected'), ('parked_protected', 'protected'), ('partial', 'at risk'), ('enforcing_broken', 'at risk'),
    ('enforcing_bypassed', 'at risk'), ('monitoring', 'monitoring'), ('record_only', 'monitoring'), ('spf_only', 'unprotected'), ('unprotected', 'unprotected'),
    ('parked_unprotected', 'unprotected'), ('dmarc_broken', 'unprotected'), ('nonexistent', NULL), ('unknown', NULL)) AS v(word, kind);
INSERT INTO numbers
SELECT 'protection', p.kind, 'names', (SELECT count(*) FROM names JOIN postures q ON posture = q.word WHERE q.kind = p.kind),
    (SELECT count(*) FROM names WHERE posture NOT IN ('unknown', 'nonexistent')), (SELECT count(*) FROM names WHERE posture = 'unknown')
FROM (SELECT DISTINCT kind FROM postures WHERE kind IS NOT NULL) AS p
UNION ALL SELECT 'postures', p.word, 'names', (SELECT count(*) FROM names WHERE posture = p.word),
    CASE WHEN p.word = 'unknown' THEN 0 ELSE (SELECT count(*) FROM names WHERE posture <> 'unknown') END,
    CASE WHEN p.word = 'unknown' THEN 0 ELSE (SELECT count(*) FROM names WHERE posture = 'unknown') END FROM postures AS p;

CREATE TABLE steps AS
WITH step(place, title, answers) AS (
    SELECT 1, 'has an MX', a_mx FROM names WHERE outcome = 'ok'
    UNION ALL SELECT 2, 'publishes SPF', a_spf FROM names WHERE outcome = 'ok' AND a_mx = 'y'
    UNION ALL SELECT 3, 'has a DMARC policy', a_dmarc FROM names WHERE outcome = 'ok' AND a_mx = 'y' AND a_spf = 'y'
    UNION ALL SELECT 4, 'enforces: quarantine or reject', a_enforced FROM names WHERE outcome = 'ok' AND a_mx = 'y' AND a_spf = 'y' AND a_dmarc = 'y'
    UNION ALL SELECT 5, 'rejects', a_reject FROM names WHERE outcome = 'ok' AND a_mx = 'y' AND a_spf = 'y' AND a_dmarc = 'y' AND a_enforced = 'y')
SELECT place, title, count(*) AS before, count(*) FILTER (answers = 'y') AS passed, count(*) FILTER (answers IN ('u', 'x')) AS lost FROM step GROUP BY place, title;
INSERT INTO numbers
SELECT 'funnel', 'exists', 'of_existing', count(*), count(*), 0 FROM names WHERE outcome = 'ok'
UNION ALL SELECT 'funnel', title, 'of_previous', passed, before - lost, lost FROM steps
UNION ALL SELECT 'funnel', title, 'of_existing', passed, (SELECT count(*) FROM names WHERE outcome = 'ok') - sum(lost) OVER (ORDER BY place), sum(lost) OVER (ORDER BY place) FROM steps;

-- answers: a row each of how many say yes, of how many known, how many unknown; none where nobody was asked
CREATE TABLE answers (t VARCHAR, row VARCHAR, col VARCHAR, a VARCHAR);
INSERT INTO answers
WITH parked AS (SELECT a_null_mx, a_reject,
        CASE WHEN a_spf_valid IN ('u', 'x') THEN a_spf_valid
             WHEN spf.status = 'valid' AND spf."all" = 'fail' AND spf.exact AND spf.ipv4_addresses = 0 AND spf.ipv6_slash64s = 0 THEN 'y' ELSE 'n' END AS a_nobody,
        CASE WHEN a_dkim IN ('u', 'x') THEN a_dkim WHEN list_contains(list_transform(findings, lambda f: f.id), 'dkim_wildcard_revoked') THEN 'y' ELSE 'n' END AS a_revoked
    FROM names WHERE outcome = 'ok' AND sends = 'no')
SELECT 'parked', 'null MX (RFC 7505)', 'names', a_null_mx FROM parked
UNION ALL SELECT 'parked', 'SPF that authorises nobody', 'names', a_nobody FROM parked
UNION ALL SELECT 'parked', 'DMARC reject', 'names', a_reject FROM parked
UNION ALL SELECT 'parked', 'a revoked wildcard DKIM key', 'names', a_revoked FROM parked
UNION ALL SELECT 'parked', 'null MX, SPF and DMARC together', 'names', CASE WHEN 'n' IN (a_null_mx, a_nobody, a_reject) THEN 'n'
    WHEN 'x' IN (a_null_mx, a_nobody, a_reject) THEN 'x' WHEN 'u' IN (a_null_mx, a_nobody, a_reject) THEN 'u' ELSE 'y' END FROM parked;

CREATE TABLE populated AS SELECT p.key AS population, p.title AS population_title, names.* FROM names
    JOIN (VALUES ('all_names', 'all names'), ('existing', 'existing'), ('with_mx', 'with MX')) AS p(key, title)
    ON p.key = 'all_names' OR (p.key = 'existing' AND outcome = 'ok') OR (p.key = 'with_mx' AND mx.status = 'ok');
CREATE TABLE measured AS SELECT id, population, population_title, unnest([
    {m: 'mx', title: 'MX', a: a_mx}, {m: 'spf', title: 'SPF published', a: a_spf}, {m: 'spf_valid', title: 'SPF valid', a: a_spf_valid},
    {m: 'dkim', title: 'DKIM key seen', a: a_dkim}, {m: 'dmarc', title: 'DMARC, own or inherited', a: a_dmarc},
    {m: 'enforced', title: 'DMARC enforced (quarantine, reject)', a: a_enforced}, {m: 'reject', title: 'DMARC reject', a: a_reject},
    {m: 'mta_sts', title: 'MTA-STS record', a: a_mta_sts}, {m: 'tls_rpt', title: 'TLS-RPT', a: a_tls_rpt}, {m: 'bimi', title: 'BIMI', a: a_bimi},
    {m: 'spoofable', title: 'spoofable (exact domain)', a: a_spoofable}], recursive := true) FROM populated;
INSERT INTO answers SELECT 'adoption', title, population, a FROM measured;

CREATE TABLE groups AS
SELECT 'adoption_by_rank' AS t, id, CASE WHEN rank IS NULL THEN 'without rank' WHEN rank <= 1000 THEN '1 to 1,000' WHEN rank <= 10000 THEN 'to 10,000'
    WHEN rank <= 100000 THEN 'to 100,000' WHEN rank <= 1000000 THEN 'to 1,000,000' ELSE 'above 1,000,000' END AS key FROM names
UNION ALL SELECT 'adoption_by_tld', id, regexp_extract(domain, '[^.]+$') FROM names
UNION ALL SELECT 'adoption_by_tag', id, tag FROM names WHERE tag IS NOT NULL;
CREATE TABLE shown_groups AS SELECT t, key FROM groups GROUP BY t, key QUALIFY row_number() OVER (PARTITION BY t ORDER BY count(*) DESC, key) <= 25;
INSERT INTO numbers SELECT t, key || '/' || population_title, 'names', count(populated.id), NULL, NULL
    FROM shown_groups JOIN groups USING (t, key) JOIN populated USING (id) GROUP BY t, key, population_title;
-- A population of a group may be empty.
INSERT INTO numbers SELECT t, key || '/' || title, 'names', 0, NULL, NULL FROM shown_groups, (VALUES ('all names'), ('existing'), ('with MX')) AS p(title)
    WHERE (t, key || '/' || title) NOT IN (SELECT (t, row) FROM numbers);
INSERT INTO answers SELECT t, key || '/' || population_title, m, a FROM shown_groups JOIN groups USING (t, key) JOIN measured USING (id)
    WHERE m NOT IN ('reject', 'tls_rpt', 'bimi');

CREATE TABLE provided AS SELECT id, unnest(CASE WHEN len(mx.providers) = 0 THEN [''] ELSE mx.providers END) AS key FROM names WHERE mx.status = 'ok';
CREATE TABLE shown_providers AS SELECT key, if(key = '', 'none that is known', key) AS title, count(*) AS names FROM provided GROUP BY key ORDER BY names DESC, key LIMIT 25;
INSERT INTO numbers SELECT 'mail_providers', title, 'names', names, (SELECT count(*) FROM names WHERE mx.status = 'ok'), (SELECT count(*) FROM names WHERE a_mx = 'u') FROM shown_providers;
INSERT INTO answers SELECT 'mail_providers', shown_providers.title, m, a FROM shown_providers JOIN provided USING (key) JOIN measured USING (id)
    WHERE population = 'with_mx' AND m IN ('spf_valid', 'dkim', 'dmarc', 'enforced', 'spoofable');

INSERT INTO numbers SELECT t, row, col, count(*) FILTER (a = 'y'), count(*) FILTER (a IN ('y', 'n')), count(*) FILTER (a = 'u') FROM answers
    GROUP BY t, row, col HAVING count(*) FILTER (a <> 'x') > 0;

-- status tables
CREATE TABLE statuses AS
SELECT 'dmarc_status' AS t, CASE WHEN dmarc.status = 'valid' AND dmarc.inherited THEN 'inherited' ELSE dmarc.status END AS word, a_dmarc AS a FROM names
UNION ALL SELECT 'spf_status', spf.status, a_spf FROM names
UNION ALL SELECT 'dkim_status', dkim.status, a_dkim FROM names;
INSERT INTO numbers SELECT t, title, 'names', (SELECT count(*) FROM statuses s WHERE s.t = v.t AND s.word = v.word),
    if(word IN ('temperror', 'not_checked'), 0, (SELECT count(*) FROM statuses s WHERE s.t = v.t AND s.a IN ('y', 'n'))),
    if(word IN ('temperror', 'not_checked'), 0, (SELECT count(*) FROM statuses s WHERE s.t = v.t AND s.a = 'u'))
FROM (VALUES ('dmarc_status', 'valid, own record', 'valid'), ('dmarc_status', 'valid, inherited from a parent', 'inherited'), ('dmarc_status', 'none', 'none'),
    ('dmarc_status', 'invalid: published, but no receiver uses it', 'invalid'), ('dmarc_status', 'unknown (temperror)', 'temperror'), ('dmarc_status', 'not checked', 'not_checked'),
    ('spf_status', 'valid', 'valid'), ('spf_status', 'permerror', 'permerror'), ('spf_status', 'none', 'none'), ('spf_status', 'unknown (temperror)', 'temperror'),
    ('spf_status', 'not checked', 'not_checked'), ('dkim_status', 'a valid key', 'found'), ('dkim_status', 'only revoked keys', 'revoked'),
    ('dkim_status', 'only unusable keys', 'invalid'), ('dkim_status', 'only a wildcard', 'wildcard'), ('dkim_status', 'none found', 'none_found'),
    ('dkim_status', 'unknown (temperror)', 'temperror'), ('dkim_status', 'not checked', 'not_checked')) AS v(t, title, word);

-- DMARC
CREATE TABLE policies AS SELECT * FROM (VALUES ('reject'), ('quarantine'), ('none'), ('no policy')) AS v(p);
CREATE TABLE told AS SELECT coalesce(dmarc.policy_9989, 'no policy') AS by_9989, coalesce(dmarc.policy_7489, 'no policy') AS by_7489,
    coalesce(dmarc.effective_policy, 'no policy') AS effective FROM names WHERE a_dmarc IN ('y', 'n');
CREATE TABLE valid AS SELECT coalesce(dmarc.policy, 'no policy') AS p, * FROM names WHERE dmarc.status = 'valid';
CREATE TABLE own AS SELECT dmarc.*, p AS own_p FROM valid WHERE NOT dmarc.inherited;
CREATE MACRO dmarc_unknown() AS (SELECT count(*) FROM names WHERE dmarc.status = 'temperror');
INSERT INTO numbers
SELECT 'dmarc_policies', p, 'own', (SELECT count(*) FROM own WHERE own_p = p), (SELECT count(*) FROM own), dmarc_unknown() FROM policies
UNION ALL SELECT 'dmarc_policies', policies.p, 'inherited', (SELECT count(*) FROM valid WHERE dmarc.inherited AND coalesce(dmarc.policy_9989, 'no policy') = policies.p),
    (SELECT count(*) FROM valid WHERE dmarc.inherited), dmarc_unknown() FROM policies
UNION ALL SELECT 'dmarc_policies', p, 'rfc9989', (SELECT count(*) FROM told WHERE by_9989 = p), (SELECT count(*) FROM told), dmarc_unknown() FROM policies
UNION ALL SELECT 'dmarc_policies', p, 'rfc7489', (SELECT count(*) FROM told WHERE by_7489 = p), (SELECT count(*) FROM told), dmarc_unknown() FROM policies
UNION ALL SELECT 'dmarc_policies', p, 'effective', (SELECT count(*) FROM told WHERE effective = p), (SELECT count(*) FROM told), dmarc_unknown() FROM policies
UNION ALL SELECT 'dmarc_standards', a.p, replace(b.p, ' ', '_'), (SELECT count(*) FROM told WHERE by_9989 = a.p AND by_7489 = b.p), NULL, NULL FROM policies a, policies b
UNION ALL SELECT 'dmarc_subdomains', a.p, 'sp_' || b.p, (SELECT count(*) FROM own WHERE own_p = a.p AND subdomain_policy = b.p), (SELECT count(*) FROM own WHERE own_p = a.p), 0
    FROM policies a, policies b WHERE b.p <> 'no policy'
UNION ALL SELECT 'dmarc_subdomains', a.p, 'np_' || b.p, (SELECT count(*) FROM own WHERE own_p = a.p AND nonexistent_policy = b.p), (SELECT count(*) FROM own WHERE own_p = a.p), 0
    FROM policies a, policies b WHERE b.p <> 'no policy'
UNION ALL SELECT 'dmarc_tags', p, 'records', (SELECT count(*) FROM own WHERE own_p = p), NULL, NULL FROM policies
UNION ALL SELECT 'dmarc_tags', policies.p, tag, (SELECT count(*) FROM (SELECT own_p, unnest([{k: 'rua', v: len(rua) > 0}, {k: 'ruf', v: len(ruf) > 0}, {k: 'testing', v: testing},
        {k: 'pct', v: coalesce(pct < 100, false)}, {k: 'adkim_strict', v: coalesce(adkim = 's', false)}, {k: 'aspf_strict', v: coalesce(aspf = 's', false)},
        {k: 'unauthorized', v: len(unauthorized_report_domains) > 0}], recursive := true) FROM own) WHERE own_p = policies.p AND k = tag AND v),
    (SELECT count(*) FROM own WHERE own_p = policies.p), 0
    FROM policies, (VALUES ('rua'), ('ruf'), ('testing'), ('pct'), ('adkim_strict'), ('aspf_strict'), ('unauthorized')) AS tags(tag);

-- the tables of the most frequent
CREATE TABLE occurrences AS
SELECT 'report_vendors' AS t, unnest(list_distinct(dmarc.report_vendors)) AS key FROM valid
UNION ALL SELECT 'spf_includes', unnest(list_distinct(spf.includes)) FROM names WHERE a_spf = 'y'
UNION ALL SELECT 'spf_providers', unnest(list_distinct(spf.providers)) FROM names WHERE a_spf = 'y'
UNION ALL SELECT DISTINCT ON (id, key) 'report_hosts', lower(CASE WHEN regexp_matches(uri, '^mailto:', 'i')
        THEN regexp_extract(regexp_replace(regexp_replace(uri, '^[^:]*:', ''), '[!?].*', '', 's'), '[^@]*$')
        ELSE regexp_replace(regexp_replace(uri, '^[^:]*:/*', ''), '[/:?!].*', '', 's') END) AS key FROM (SELECT id, unnest(dmarc.rua) AS uri FROM valid)
UNION ALL SELECT 'failed_queries', failed.type || ' ' || failed.error FROM (SELECT unnest(dns.failed) AS failed FROM names);
INSERT INTO numbers
SELECT t, key, if(t = 'failed_queries', 'count', 'names'), count(*),
    CASE WHEN t IN ('report_vendors', 'report_hosts') THEN (SELECT count(*) FROM valid WHERE len(dmarc.rua) > 0) WHEN t <> 'failed_queries' THEN (SELECT count(*) FROM names WHERE a_spf = 'y') END,
    CASE WHEN t IN ('report_vendors', 'report_hosts') THEN dmarc_unknown() WHEN t <> 'failed_queries' THEN (SELECT count(*) FROM names WHERE spf.status = 'temperror') END
FROM occurrences WHERE key <> '' GROUP BY t, key QUALIFY row_number() OVER (PARTITION BY t ORDER BY count(*) DESC, key) <= 25;

-- SPF
CREATE MACRO spf_unknown() AS (SELECT count(*) FROM names WHERE spf.status = 'temperror');
CREATE TABLE counted AS SELECT spf.* FROM names WHERE spf.lookups IS NOT NULL AND spf.status <> 'temperror';
INSERT INTO numbers
SELECT 'spf_all', title, 'names', (SELECT count(*) FROM names WHERE spf."all" = word), (SELECT count(*) FROM names WHERE spf.status = 'valid'), spf_unknown()
    FROM (VALUES ('fail (-all)', 'fail'), ('softfail (~all)', 'softfail'), ('neutral (?all, or no all)', 'neutral'), ('pass (+all)', 'pass')) AS v(title, word)
UNION ALL SELECT 'spf_errors', f.id, 'names', count(*), (SELECT count(*) FROM names WHERE a_spf = 'y'), spf_unknown()
    FROM (SELECT unnest(findings) AS f FROM names WHERE a_spf = 'y') JOIN kinds ON kinds.id = f.id WHERE f.severity = 'error' AND mechanism = 'SPF' GROUP BY f.id
UNION ALL SELECT 'spf_lookups', title, 'names', (SELECT count(*) FROM counted WHERE lookups BETWEEN low AND high), (SELECT count(*) FROM counted), spf_unknown()
    FROM (SELECT i::VARCHAR AS title, i AS low, i AS high FROM range(0, 11) AS r(i) UNION ALL VALUES ('11-20', 11, 20), ('21+', 21, 1000000))
UNION ALL SELECT 'spf_void_lookups', title, 'names', (SELECT count(*) FROM counted WHERE void_lookups BETWEEN low AND high), (SELECT count(*) FROM counted), spf_unknown()
    FROM (VALUES ('0', 0, 0), ('1', 1, 1), ('2', 2, 2), ('3+', 3, 1000000)) AS v(title, low, high)
UNION ALL SELECT 'spf_breadth', title, col, (SELECT count(*) FROM counted WHERE ipv4_addresses <= high AND (col = 'cumulative' OR ipv4_addresses > low)), (SELECT count(*) FROM counted), spf_unknown()
    FROM (VALUES ('none', -1, 0), ('1', 0, 1), ('to 16 (/28)', 1, 16), ('to 256 (/24)', 16, 256), ('to 4,096 (/20)', 256, 4096), ('to 65,536 (/16)', 4096, 65536),
        ('to 1,048,576 (/12)', 65536, 1048576), ('to 16,777,216 (/8)', 1048576, 16777216), ('more', 16777216, 4294967295), ('all of IPv4', 4294967295, 99999999999)) AS v(title, low, high),
        (VALUES ('names'), ('cumulative')) AS c(col);

-- DKIM
CREATE TABLE selectors AS SELECT id, domain, s.* FROM (SELECT id, domain, unnest(dkim.selectors) AS s FROM names);
INSERT INTO numbers
WITH shown AS (SELECT selector FROM selectors GROUP BY selector ORDER BY count(*) DESC, selector LIMIT 25)
SELECT 'dkim_selectors', selector, 'valid', count(*) FILTER (status = 'valid'), (SELECT count(*) FROM names WHERE a_dkim = 'y'), (SELECT count(*) FROM names WHERE a_dkim = 'u')
    FROM selectors JOIN shown USING (selector) GROUP BY selector
UNION ALL SELECT 'dkim_selectors', selector, col, count(*) FILTER (status = word OR word = ''), NULL, NULL
    FROM selectors JOIN shown USING (selector), (VALUES ('answers', ''), ('revoked', 'revoked'), ('invalid', 'invalid'), ('dangling', 'dangling_cname')) AS v(col, word) GROUP BY selector, col;
CREATE TABLE keys AS SELECT testing, CASE WHEN key_type IS NULL OR key_bits IS NULL THEN 'not decoded' WHEN key_type = 'ed25519' THEN 'Ed25519' WHEN key_bits < 1024 THEN 'RSA below 1024'
    WHEN key_bits = 1024 THEN 'RSA 1024' WHEN key_bits < 2048 THEN 'RSA 1025 to 2047' WHEN key_bits = 2048 THEN 'RSA 2048' WHEN key_bits < 4096 THEN 'RSA 2049 to 4095'
    WHEN key_bits = 4096 THEN 'RSA 4096' ELSE 'RSA above 4096' END AS size FROM selectors WHERE status IN ('valid', 'invalid');
INSERT INTO numbers SELECT 'dkim_keys', v.size, 'keys', (SELECT count(*) FROM keys k WHERE k.size = v.size), (SELECT count(*) FROM keys), 0 FROM (VALUES ('RSA below 1024'), ('RSA 1024'),
    ('RSA 1025 to 2047'), ('RSA 2048'), ('RSA 2049 to 4095'), ('RSA 4096'), ('RSA above 4096'), ('Ed25519'), ('not decoded')) AS v(size)
UNION ALL SELECT 'dkim_keys', v.size, 'testing', (SELECT count(*) FROM keys k WHERE k.size = v.size AND testing), NULL, NULL FROM (VALUES ('RSA below 1024'), ('RSA 1024'),
    ('RSA 1025 to 2047'), ('RSA 2048'), ('RSA 2049 to 4095'), ('RSA 4096'), ('RSA above 4096'), ('Ed25519'), ('not decoded')) AS v(size);
-- How many domains share a key; which selector stands for it is not told here. Names of the simulated Internet show their organizational domain.
INSERT INTO numbers SELECT 'dkim_shared_keys', 'a key', 'domains', domains, NULL, NULL FROM (
    SELECT count(DISTINCT regexp_extract(domain, 'd[0-9]+\.[a-z.]+$')) AS domains
    FROM (SELECT domain, regexp_replace(regexp_extract(record, '(?:^|;)\s*p\s*=([^;]+)', 1), '\s', '', 'g') AS key FROM selectors WHERE status = 'valid' AND cname IS NULL)
    WHERE key <> '' GROUP BY key HAVING domains > 1 ORDER BY domains DESC LIMIT 25);

-- findings, quality
CREATE TABLE known_of AS SELECT id, unnest([{mechanism: 'MX', a: a_mx}, {mechanism: 'SPF', a: a_spf}, {mechanism: 'DKIM', a: a_dkim}, {mechanism: 'DMARC', a: a_dmarc},
    {mechanism: 'MTA_STS', a: a_mta_sts}, {mechanism: 'TLS_RPT', a: a_tls_rpt}, {mechanism: 'BIMI', a: a_bimi}, {mechanism: 'other', a: a_posture}], recursive := true) FROM names;
CREATE TABLE found AS SELECT n.id, f.id || '/' || f.severity AS row, if(mechanism IN ('MX', 'SPF', 'DKIM', 'DMARC', 'MTA_STS', 'TLS_RPT', 'BIMI'), mechanism, 'other') AS mechanism
    FROM (SELECT id, unnest(findings) AS f FROM names) AS n JOIN kinds ON kinds.id = f.id;
INSERT INTO numbers
SELECT 'findings', row, 'names', count(*), NULL, NULL FROM found GROUP BY row
UNION ALL SELECT 'findings', row, 'share', count(*), (SELECT count(*) FROM known_of k WHERE k.mechanism = s.mechanism AND k.a IN ('y', 'n')),
        (SELECT count(*) FROM known_of k WHERE k.mechanism = s.mechanism AND k.a = 'u')
    FROM (SELECT row, found.mechanism FROM found JOIN known_of USING (id, mechanism) WHERE a IN ('y', 'n')) AS s GROUP BY row, s.mechanism;
INSERT INTO numbers
WITH quality AS (SELECT unnest([{title: 'MX', a: a_mx}, {title: 'SPF', a: a_spf}, {title: 'DKIM', a: a_dkim}, {title: 'DMARC', a: a_dmarc}, {title: 'MTA-STS', a: a_mta_sts},
    {title: 'TLS-RPT', a: a_tls_rpt}, {title: 'BIMI', a: a_bimi}, {title: 'spoofable', a: a_spoofable}], recursive := true) FROM names)
SELECT 'data_quality', title, 'known', count(*) FILTER (a IN ('y', 'n')), count(*) FILTER (a <> 'x'), 0 FROM quality GROUP BY title
UNION ALL SELECT 'data_quality', title, 'unknown', count(*) FILTER (a = 'u'), NULL, NULL FROM quality GROUP BY title
UNION ALL SELECT 'data_quality', title, 'not_checked', count(*) FILTER (a = 'x'), NULL, NULL FROM quality GROUP BY title;

SELECT concat_ws(chr(9), t, row, col, count, whole, unknown) FROM numbers;
