-- Orleans 10.4 clustering, reminders and grain storage: tables, and the queries that its ADO.NET providers read at start.
-- Every query is one statement, so that no transaction can be left open in the connection pool; triggers advance the membership version.
CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey TEXT PRIMARY KEY, QueryText TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS OrleansMembershipVersionTable (
  DeploymentId TEXT NOT NULL PRIMARY KEY, Timestamp TEXT NOT NULL, Version INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS OrleansMembershipTable (
  DeploymentId TEXT NOT NULL, Address TEXT NOT NULL, Port INTEGER NOT NULL, Generation INTEGER NOT NULL,
  SiloName TEXT NOT NULL, HostName TEXT NOT NULL, Status INTEGER NOT NULL, ProxyPort INTEGER NULL,
  SuspectTimes TEXT NULL, StartTime TEXT NOT NULL, IAmAliveTime TEXT NOT NULL,
  PRIMARY KEY (DeploymentId, Address, Port, Generation)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS TR_Membership_Insert AFTER INSERT ON OrleansMembershipTable BEGIN
  UPDATE OrleansMembershipVersionTable SET Version=Version+1, Timestamp=datetime('now') WHERE DeploymentId=NEW.DeploymentId; END;
CREATE TRIGGER IF NOT EXISTS TR_Membership_Update AFTER UPDATE OF Status, SuspectTimes ON OrleansMembershipTable BEGIN
  UPDATE OrleansMembershipVersionTable SET Version=Version+1, Timestamp=datetime('now') WHERE DeploymentId=NEW.DeploymentId; END;
CREATE TABLE IF NOT EXISTS OrleansRemindersTable (
  ServiceId TEXT NOT NULL, GrainId TEXT NOT NULL, ReminderName TEXT NOT NULL, StartTime TEXT NOT NULL,
  Period INTEGER NOT NULL, GrainHash INTEGER NOT NULL, Version INTEGER NOT NULL,
  PRIMARY KEY (ServiceId, GrainId, ReminderName)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS IX_Reminders_Hash ON OrleansRemindersTable(ServiceId, GrainHash);
CREATE TABLE IF NOT EXISTS OrleansStorage (
  GrainIdHash INTEGER NOT NULL, GrainIdN0 INTEGER NOT NULL, GrainIdN1 INTEGER NOT NULL,
  GrainTypeHash INTEGER NOT NULL, GrainTypeString TEXT NOT NULL, GrainIdExtensionString TEXT NULL,
  ServiceId TEXT NOT NULL, PayloadBinary BLOB NULL, ModifiedOn TEXT NOT NULL, Version INTEGER NOT NULL);
-- NULL-safe uniqueness makes a first-write race an ETag conflict instead of a duplicate row
CREATE UNIQUE INDEX IF NOT EXISTS UX_OrleansStorage ON OrleansStorage(
  GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, IFNULL(GrainIdExtensionString,''), ServiceId);

INSERT OR REPLACE INTO OrleansQuery VALUES
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
('InsertMembershipVersionKey','INSERT INTO OrleansMembershipVersionTable(DeploymentId,Timestamp,Version)
  VALUES(@DeploymentId, datetime(''now''), 0) ON CONFLICT DO NOTHING; SELECT changes();'),
('UpdateIAmAlivetimeKey','UPDATE OrleansMembershipTable SET IAmAliveTime=@IAmAliveTime
  WHERE DeploymentId=@DeploymentId AND Address=@Address AND Port=@Port AND Generation=@Generation;'),
-- one statement each: the row changes only if the caller's table version is current; the triggers advance the version
('InsertMembershipKey','INSERT INTO OrleansMembershipTable(DeploymentId,Address,Port,Generation,SiloName,HostName,Status,ProxyPort,StartTime,IAmAliveTime)
  SELECT @DeploymentId,@Address,@Port,@Generation,@SiloName,@HostName,@Status,@ProxyPort,@StartTime,@IAmAliveTime
  WHERE EXISTS (SELECT 1 FROM OrleansMembershipVersionTable WHERE DeploymentId=@DeploymentId AND Version=@Version)
  ON CONFLICT DO NOTHING; SELECT changes();'),
('UpdateMembershipKey','UPDATE OrleansMembershipTable SET Status=@Status, SuspectTimes=@SuspectTimes, IAmAliveTime=@IAmAliveTime
  WHERE DeploymentId=@DeploymentId AND Address=@Address AND Port=@Port AND Generation=@Generation
    AND EXISTS (SELECT 1 FROM OrleansMembershipVersionTable WHERE DeploymentId=@DeploymentId AND Version=@Version); SELECT changes();'),
('DeleteMembershipTableEntriesKey','DELETE FROM OrleansMembershipTable WHERE DeploymentId=@DeploymentId;
  DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId=@DeploymentId;'),
('CleanupDefunctSiloEntriesKey','DELETE FROM OrleansMembershipTable
  WHERE DeploymentId=@DeploymentId AND IAmAliveTime<@IAmAliveTime AND Status<>3;'),
('ReadReminderRowsKey','SELECT GrainId,ReminderName,StartTime,Period,Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND GrainId=@GrainId;'),
('ReadReminderRowKey','SELECT GrainId,ReminderName,StartTime,Period,Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND GrainId=@GrainId AND ReminderName=@ReminderName;'),
('ReadRangeRows1Key','SELECT GrainId,ReminderName,StartTime,Period,Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND GrainHash>@BeginHash AND GrainHash<=@EndHash;'),
('ReadRangeRows2Key','SELECT GrainId,ReminderName,StartTime,Period,Version FROM OrleansRemindersTable
  WHERE ServiceId=@ServiceId AND (GrainHash>@BeginHash OR GrainHash<=@EndHash);'),
('UpsertReminderRowKey','INSERT INTO OrleansRemindersTable(ServiceId,GrainId,ReminderName,StartTime,Period,GrainHash,Version)
  VALUES(@ServiceId,@GrainId,@ReminderName,@StartTime,@Period,@GrainHash,0)
  ON CONFLICT(ServiceId,GrainId,ReminderName) DO UPDATE SET StartTime=excluded.StartTime, Period=excluded.Period,
    GrainHash=excluded.GrainHash, Version=Version+1 RETURNING Version;'),
('DeleteReminderRowKey','DELETE FROM OrleansRemindersTable WHERE ServiceId=@ServiceId AND GrainId=@GrainId
  AND ReminderName=@ReminderName AND Version=@Version; SELECT changes();'),
('DeleteReminderRowsKey','DELETE FROM OrleansRemindersTable WHERE ServiceId=@ServiceId;'),
('ReadFromStorageKey','SELECT PayloadBinary, Version FROM OrleansStorage
  WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
  AND GrainTypeString=@GrainTypeString AND IFNULL(GrainIdExtensionString,'''')=IFNULL(@GrainIdExtensionString,'''') AND ServiceId=@ServiceId;'),
-- one upsert: insert when the caller holds no ETag, update only when the ETag matches; no row back = conflict
('WriteToStorageKey','INSERT INTO OrleansStorage
  (GrainIdHash,GrainIdN0,GrainIdN1,GrainTypeHash,GrainTypeString,GrainIdExtensionString,ServiceId,PayloadBinary,ModifiedOn,Version)
  SELECT @GrainIdHash,@GrainIdN0,@GrainIdN1,@GrainTypeHash,@GrainTypeString,@GrainIdExtensionString,@ServiceId,@PayloadBinary,datetime(''now''),1
  WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM OrleansStorage
    WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
    AND GrainTypeString=@GrainTypeString AND IFNULL(GrainIdExtensionString,'''')=IFNULL(@GrainIdExtensionString,'''') AND ServiceId=@ServiceId)
  ON CONFLICT DO UPDATE SET PayloadBinary=excluded.PayloadBinary, ModifiedOn=excluded.ModifiedOn, Version=OrleansStorage.Version+1
    WHERE OrleansStorage.Version=@GrainStateVersion
  RETURNING Version AS NewGrainStateVersion;'),
('ClearStorageKey','UPDATE OrleansStorage SET PayloadBinary=NULL, ModifiedOn=datetime(''now''), Version=Version+1
  WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
  AND GrainTypeString=@GrainTypeString AND IFNULL(GrainIdExtensionString,'''')=IFNULL(@GrainIdExtensionString,'''') AND ServiceId=@ServiceId
  AND Version=@GrainStateVersion RETURNING Version AS NewGrainStateVersion;'),
('DeleteStorageKey','DELETE FROM OrleansStorage
  WHERE GrainIdHash=@GrainIdHash AND GrainTypeHash=@GrainTypeHash AND GrainIdN0=@GrainIdN0 AND GrainIdN1=@GrainIdN1
  AND GrainTypeString=@GrainTypeString AND IFNULL(GrainIdExtensionString,'''')=IFNULL(@GrainIdExtensionString,'''') AND ServiceId=@ServiceId
  AND Version=@GrainStateVersion RETURNING Version+1 AS NewGrainStateVersion;');
