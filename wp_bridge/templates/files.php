<?php

/**
 * The field for files, with its limits in words.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
?>
<div class="kd-field">
	<label for="kd-files"><?php esc_html_e('Files', 'keydesk-bridge'); ?></label>
	<input id="kd-files" name="files[]" type="file" multiple accept=".png,.jpg,.jpeg,.gif,.webp,.pdf,.txt,.log,.zip" data-limit="<?php echo (int) $view['limit']; ?>"<?php echo $html->marked('files', $view['errors'], 'kd-files-note'); ?>>
	<?php echo $html->error('files', $view['errors']); ?>
	<p class="description" id="kd-files-note">
		<?php
		/* translators: %s: a size such as "2 MB" */
		echo esc_html(sprintf(__('Up to 3 files, %s each: pictures, PDF, text, log or ZIP.', 'keydesk-bridge'), (string) size_format($view['limit'])));
		?>
	</p>
</div>
