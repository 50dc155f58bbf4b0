<?php

/**
 * Files that wait in the site until they are sent: checked by content, kept where nobody can fetch them.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Support;

use Keydesk\Bridge\Site\Store;

final class Attachments
{
	public const MOST = 3;

	private const LARGEST = 5242880;

	private const WAITING = 20971520;

	private const KEPT = 1209600;

	private const TYPES = array(
		'image/png' => 'png', 'image/jpeg' => 'jpg', 'image/gif' => 'gif', 'image/webp' => 'webp',
		'application/pdf' => 'pdf', 'text/plain' => 'txt', 'application/zip' => 'zip',
	);

	private Store $store;

	public function __construct(Store $store)
	{
		$this->store = $store;
	}

	/** Bytes that one file may have: ours, or the site's own upload limit when that is lower. */
	public static function limit(): int
	{
		return (int) min(self::LARGEST, wp_max_upload_size());
	}

	/** Whether files can wait here at all. */
	public function areOn(): bool
	{
		$uploads = wp_upload_dir(null, false);
		return ($uploads['error'] ?? false) === false && wp_is_writable((string) $uploads['basedir']);
	}

	/**
	 * Takes one entry of $_FILES over.
	 *
	 * @param array{name: string, tmp_name: string, size: int, error: int} $upload
	 * @return array{id: string, name: string, type: string, size: int}|string the file, or a code
	 */
	public function accept(array $upload)
	{
		if ($upload['error'] === UPLOAD_ERR_INI_SIZE || $upload['size'] > self::limit()) {
			return 'attachment_size';
		}
		if ($upload['error'] !== UPLOAD_ERR_OK || !is_uploaded_file($upload['tmp_name'])) {
			return 'attachment_failed';
		}
		$type = self::typeOf($upload['tmp_name'], $upload['name']);
		if ($type === '') {
			return 'attachment_type';
		}
		$id = $this->put((string) file_get_contents($upload['tmp_name']));
		if ($id === '') {
			return 'attachment_failed';
		}
		$name = mb_substr(sanitize_file_name($upload['name']), -100);
		return array('id' => $id, 'name' => $name, 'type' => $type, 'size' => (int) $upload['size']);
	}

	/** Remembers for an hour whose file this is, until the form that it belongs to is sent. */
	public function reserve(array $file, int $user): void
	{
		$this->store->remember('file_' . $file['id'], $file + array('user' => $user), HOUR_IN_SECONDS);
	}

	/** @return array<string, mixed>|null */
	public function reserved(string $id, int $user): ?array
	{
		$file = preg_match('/^[0-9a-f]{32}$/D', $id) === 1 ? $this->store->recall('file_' . $id) : null;
		if ($file === null || $file['user'] !== $user) {
			return null;
		}
		unset($file['user'], $file['v']);
		return $file;
	}

	/** @return string the id under which the bytes wait, '' when they cannot */
	public function put(string $bytes): string
	{
		$folder = $this->folder(true);
		if ($folder === '' || $this->waiting($folder) + strlen($bytes) > self::WAITING) {
			return '';
		}
		$id = bin2hex(random_bytes(16));
		return file_put_contents($folder . '/' . $id . '.bin', $bytes) === strlen($bytes) ? $id : '';
	}

	public function get(string $id): ?string
	{
		$path = $this->path($id);
		return $path !== '' && is_file($path) ? (string) file_get_contents($path) : null;
	}

	public function remove(string $id): void
	{
		$path = $this->path($id);
		if ($path !== '' && is_file($path)) {
			wp_delete_file($path);
		}
	}

	/** Takes away what waited too long (the tick). */
	public function tidy(int $now): void
	{
		$folder = $this->folder(false);
		foreach ($folder === '' ? array() : (array) glob($folder . '/*.bin') as $path) {
			if ($now - (int) filemtime((string) $path) > self::KEPT) {
				wp_delete_file((string) $path);
			}
		}
	}

	/** Removes the folder with everything in it (uninstall). */
	public function erase(): void
	{
		$folder = $this->folder(false);
		if ($folder !== '') {
			array_map('wp_delete_file', array_merge((array) glob($folder . '/*'), array($folder . '/.htaccess')));
			rmdir($folder);
		}
	}

	/** By content, never by name; markup (SVG, HTML) is refused because browsers run it. */
	private static function typeOf(string $path, string $name): string
	{
		$type = (string) (new \finfo(FILEINFO_MIME_TYPE))->file($path);
		if (strpos($type, 'image/') === 0) {
			// A broken picture is a refusal, not a notice in somebody's log.
			$image = isset(self::TYPES[$type]) ? @getimagesize($path) : false;
			return $image !== false && $image['mime'] === $type ? $type : '';
		}
		$isText = strpos($type, 'text/') === 0 && preg_match('/html|xml/', $type) !== 1;
		if ($isText && preg_match('/\.(txt|log)$/i', $name) === 1) {
			return 'text/plain';
		}
		return $type !== 'text/plain' && isset(self::TYPES[$type]) ? $type : '';
	}

	private function waiting(string $folder): int
	{
		return (int) array_sum(array_map('filesize', (array) glob($folder . '/*.bin')));
	}

	private function path(string $id): string
	{
		$folder = $this->folder(false);
		return $folder !== '' && preg_match('/^[0-9a-f]{32}$/D', $id) === 1 ? $folder . '/' . $id . '.bin' : '';
	}

	/** A folder with a name that nobody can guess, closed to the web where the server listens. */
	private function folder(bool $make): string
	{
		$name = (string) ($this->store->read('site')['folder'] ?? '');
		if ($name === '' && (!$make || !$this->areOn())) {
			return '';
		}
		if ($name === '') {
			$name = 'keydesk-' . bin2hex(random_bytes(16));
			$this->store->merge('site', array('folder' => $name));
		}
		$path = wp_upload_dir(null, false)['basedir'] . '/' . $name;
		if ($make && !is_dir($path) && wp_mkdir_p($path)) {
			file_put_contents($path . '/index.html', '');
			file_put_contents($path . '/.htaccess', "Require all denied\n");
		}
		return is_dir($path) ? $path : '';
	}
}
