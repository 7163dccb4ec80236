-- Orleans 10.4 clustering, reminders and grain storage: tables, and the queries that its ADO.NET providers read at start.
-- Every query is one statement, so that no transaction can be left open in the connection pool. A change of membership takes the lock of the
-- cluster's version row first; whoever waited for it then finds the version advanced and changes nothing.
CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey TEXT PRIMARY KEY, QueryText TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS OrleansMembershipVersionTable (
  DeploymentId TEXT NOT NULL PRIMARY KEY, Timestamp TIMESTAMPTZ NOT NULL, Version INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS OrleansMembershipTable (
  DeploymentId TEXT NOT NULL, Address TEXT NOT NULL, Port INTEGER NOT NULL, Generation INTEGER NOT NULL,
  SiloName TEXT NOT NULL, HostName TEXT NOT NULL, Status INTEGER NOT NULL, ProxyPort INTEGER NULL,
  SuspectTimes TEXT NULL, StartTime TIMESTAMPTZ NOT NULL, IAmAliveTime TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (DeploymentId, Address, Port, Generation));
CREATE TABLE IF NOT EXISTS OrleansRemindersTable (
  ServiceId TEXT NOT NULL, GrainId TEXT NOT NULL, ReminderName TEXT NOT NULL, StartTime TIMESTAMPTZ NOT NULL,
  Period BIGINT NOT NULL, GrainHash INTEGER NOT NULL, Version INTEGER NOT NULL,
  PRIMARY KEY (ServiceId, GrainId, ReminderName));
CREATE INDEX IF NOT EXISTS IX_Reminders_Hash ON OrleansRemindersTable (ServiceId, GrainHash);
CREATE TABLE IF NOT EXISTS OrleansStorage (
  GrainIdHash INTEGER NOT NULL, GrainIdN0 BIGINT NOT NULL, GrainIdN1 BIGINT NOT NULL,
  GrainTypeHash INTEGER NOT NULL, GrainTypeString TEXT NOT NULL, GrainIdExtensionString TEXT NULL,
  ServiceId TEXT NOT NULL, PayloadBinary BYTEA NULL, ModifiedOn TIMESTAMPTZ NOT NULL, Version INTEGER NOT NULL);
-- NULL-safe uniqueness makes a first-write race an ETag conflict instead of a duplicate row
CREATE UNIQUE INDEX IF NOT EXISTS UX_OrleansStorage ON OrleansStorage (
  GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, COALESCE(GrainIdExtensionString, ''), ServiceId);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('GatewaysQueryKey','SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable
  WHERE DeploymentId=@DeploymentId AND Status=@Status AND ProxyPort>0;'),
('MembershipReadRowKey','SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status,
  m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
  FROM OrleansMembershipVersionTable v LEFT JOIN OrleansMembershipTable m
  ON v.DeploymentId=m.DeploymentId AND m.Address=@Address AND m.Port=@Port AND m.Generation=@Generation
  WHERE v.DeploymentId=@DeploymentId;'),
('MembershipReadAllKey','SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status,
  m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
  FROM OrleansMembershipVersionTable v LEFT JOIN OrleansMembershipTable m ON v.DeploymentId=m.DeploymentId
  WHERE v.DeploymentId=@DeploymentId;'),
('InsertMembershipVersionKey','WITH added AS (
    INSERT INTO OrleansMembershipVersionTable (DeploymentId, Timestamp, Version) VALUES (@DeploymentId, now(), 0)
    ON CONFLICT DO NOTHING RETURNING 1)
  SELECT COUNT(*) FROM added;'),
('UpdateIAmAlivetimeKey','UPDATE OrleansMembershipTable SET IAmAliveTime=@IAmAliveTime
  WHERE DeploymentId=@DeploymentId AND Address=@Address AND Port=@Port AND Generation=@Generation;'),
('InsertMembershipKey','WITH advanced AS (
    UPDATE OrleansMembershipVersionTable SET Version=Version+1, Timestamp=now()
    WHERE DeploymentId=@DeploymentId AND Version=@Version AND NOT EXISTS (SELECT 1 FROM OrleansMembershipTable
      WHERE DeploymentId=@DeploymentId AND Address=@Address AND Port=@Port AND Generation=@Generation)
    RETURNING DeploymentId),
  added AS (
    INSERT INTO OrleansMembershipTable
      (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
    SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM advanced
    RETURNING 1)
  SELECT COUNT(*) FROM added;'),
('UpdateMembershipKey','WITH advanced AS (
    UPDATE OrleansMembershipVersionTable SET Version=Version+1, Timestamp=now()
    WHERE DeploymentId=@DeploymentId AND Version=@Version AND EXISTS (SELECT 1 FROM OrleansMembershipTable
      WHERE DeploymentId=@DeploymentId AND Address=@Address AND Port=@Port AND Generation=@Generation)
    RETURNING DeploymentId),
  changed AS (
    UPDATE OrleansMembershipTable m SET Status=@Status, SuspectTimes=@SuspectTimes, IAmAliveTime=@IAmAliveTime FROM advanced
    WHERE m.DeploymentId=advanced.DeploymentId AND m.Address=@Address AND m.Port=@Port AND m.Generation=@Generation
    RETURNING 1)
  SELECT COUNT(*) FROM changed;'),
('DeleteMembershipTableEntriesKey','WITH members AS (DELETE FROM OrleansMembershipTable WHERE DeploymentId=@DeploymentId)
  DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId=@DeploymentId;'),
('CleanupDefunctSiloEntriesKey','DELETE FROM OrleansMembershipTable
  WHERE DeploymentId=@DeploymentId AND IAmAliveTime<@IAmAliveTime AND Status<>3;'),
('ReadReminderRowsKey','SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND GrainId=@GrainId;'),
('ReadReminderRowKey','SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND GrainId=@GrainId AND ReminderName=@ReminderName;'),
('ReadRangeRows1Key','SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND GrainHash>@BeginHash AND GrainHash<=@EndHash;'),
('ReadRangeRows2Key','SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND (GrainHash>@BeginHash OR GrainHash<=@EndHash);'),
('UpsertReminderRowKey','INSERT INTO OrleansRemindersTable AS r (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash, Version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  ON CONFLICT (ServiceId, GrainId, ReminderName) DO UPDATE SET StartTime=excluded.StartTime, Period=excluded.Period,
    GrainHash=excluded.GrainHash, Version=r.Version+1 RETURNING Version;'),
('DeleteReminderRowKey','WITH removed AS (
    DELETE FROM OrleansRemindersTable
    WHERE ServiceId=@ServiceId AND GrainId=@GrainId AND ReminderName=@ReminderName AND Version=@Version RETURNING 1)
  SELECT COUNT(*) FROM removed;'),
('DeleteReminderRowsKey','DELETE FROM OrleansRemindersTable WHERE ServiceId=@ServiceId;'),
('ReadFromStorageKey','SELECT PayloadBinary, Version FROM OrleansStorage
  WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
  AND GrainTypeString=@GrainTypeString AND COALESCE(GrainIdExtensionString, '''')=COALESCE(CAST(@GrainIdExtensionString AS TEXT), '''')
  AND ServiceId=@ServiceId;'),
-- without an ETag a row is added, with one it is changed where the ETag matches; no row back = conflict
('WriteToStorageKey','WITH changed AS (
    UPDATE OrleansStorage SET PayloadBinary=@PayloadBinary, ModifiedOn=now(), Version=Version+1
    WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
    AND GrainTypeString=@GrainTypeString AND COALESCE(GrainIdExtensionString, '''')=COALESCE(CAST(@GrainIdExtensionString AS TEXT), '''')
    AND ServiceId=@ServiceId AND Version=CAST(@GrainStateVersion AS INTEGER)
    RETURNING Version),
  added AS (
    INSERT INTO OrleansStorage
      (GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeHash, GrainTypeString, GrainIdExtensionString, ServiceId, PayloadBinary, ModifiedOn, Version)
    SELECT @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, CAST(@GrainIdExtensionString AS TEXT), @ServiceId,
      @PayloadBinary, now(), 1
    WHERE CAST(@GrainStateVersion AS INTEGER) IS NULL
    ON CONFLICT DO NOTHING RETURNING Version)
  SELECT Version AS NewGrainStateVersion FROM changed UNION ALL SELECT Version FROM added;'),
('ClearStorageKey','UPDATE OrleansStorage SET PayloadBinary=NULL, ModifiedOn=now(), Version=Version+1
  WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
  AND GrainTypeString=@GrainTypeString AND COALESCE(GrainIdExtensionString, '''')=COALESCE(CAST(@GrainIdExtensionString AS TEXT), '''')
  AND ServiceId=@ServiceId AND Version=CAST(@GrainStateVersion AS INTEGER) RETURNING Version AS NewGrainStateVersion;'),
('DeleteStorageKey','DELETE FROM OrleansStorage
  WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
  AND GrainTypeString=@GrainTypeString AND COALESCE(GrainIdExtensionString, '''')=COALESCE(CAST(@GrainIdExtensionString AS TEXT), '''')
  AND ServiceId=@ServiceId AND Version=CAST(@GrainStateVersion AS INTEGER) RETURNING Version+1 AS NewGrainStateVersion;')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText=excluded.QueryText;
